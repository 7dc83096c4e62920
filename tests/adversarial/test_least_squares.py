import torch
from torch.nn.functional import mse_loss

from aetrain.adversarial.least_squares import LeastSquares
from tests.adversarial.best_marks import MARKS, P, Q, best_marks


def test_each_mark_has_a_target() -> None:
    loss = LeastSquares(smoothing=0.1)
    for own, target in [
        (loss.real(MARKS), 0.9),
        (loss.fake(MARKS), 0.0),
        (loss.adversary(MARKS), 1.0),
    ]:
        expected = 0.5 * mse_loss(MARKS, torch.full_like(MARKS, target), reduction="none")
        torch.testing.assert_close(own, expected)


def test_the_best_marks_are_the_probability_to_be_real() -> None:
    torch.testing.assert_close(best_marks(LeastSquares(), 9), P / (P + Q), atol=1e-4, rtol=0)
