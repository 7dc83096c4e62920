import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from aetrain.adversarial.non_saturating import NonSaturating
from tests.adversarial.best_marks import MARKS, P, Q, best_marks


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_discriminators_cost_is_cross_entropy(smoothing: float) -> None:
    label, zero = torch.full_like(MARKS, 1 - smoothing), torch.zeros_like(MARKS)
    own = NonSaturating(smoothing=smoothing)
    torch.testing.assert_close(own.real(MARKS), cross_entropy(MARKS, label, reduction="none"))
    torch.testing.assert_close(own.fake(MARKS), cross_entropy(MARKS, zero, reduction="none"))


def test_who_makes_fakes_pays_for_the_other_label() -> None:
    flipped = cross_entropy(MARKS, torch.ones_like(MARKS), reduction="none")
    torch.testing.assert_close(NonSaturating(smoothing=0.3).adversary(MARKS), flipped)


def test_the_best_marks_are_the_log_ratio() -> None:
    torch.testing.assert_close(best_marks(NonSaturating(), 100), (P / Q).log(), atol=1e-4, rtol=0)
