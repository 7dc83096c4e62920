import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from aetrain.adversarial.saturating import Saturating
from tests.adversarial.best_marks import MARKS, P, Q, best_marks, cost


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_discriminators_cost_is_cross_entropy(smoothing: float) -> None:
    label, zero = torch.full_like(MARKS, 1 - smoothing), torch.zeros_like(MARKS)
    own = Saturating(smoothing=smoothing)
    torch.testing.assert_close(own.real(MARKS), cross_entropy(MARKS, label, reduction="none"))
    torch.testing.assert_close(own.fake(MARKS), cross_entropy(MARKS, zero, reduction="none"))


def test_who_makes_fakes_gains_what_the_discriminator_pays() -> None:
    minimax = -cross_entropy(MARKS, torch.zeros_like(MARKS), reduction="none")
    torch.testing.assert_close(Saturating().adversary(MARKS), minimax)


def test_at_its_best_the_discriminator_knows_the_jensen_shannon_divergence() -> None:
    marks = best_marks(Saturating(), 100)
    torch.testing.assert_close(marks, (P / Q).log(), atol=1e-4, rtol=0)
    middle = 0.5 * (P + Q)
    shannon = 0.5 * ((P * (P / middle).log()).sum() + (Q * (Q / middle).log()).sum())
    least = 2 * math.log(2) - 2 * shannon.item()
    assert cost(Saturating(), marks).item() == pytest.approx(least, abs=1e-6)
