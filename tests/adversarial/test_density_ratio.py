import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from aetrain.adversarial.density_ratio import DensityRatio
from tests.adversarial.best_marks import MARKS, P, Q, best_marks


def test_the_discriminators_cost_is_cross_entropy() -> None:
    one, zero = torch.ones_like(MARKS), torch.zeros_like(MARKS)
    own = DensityRatio()
    torch.testing.assert_close(own.real(MARKS), cross_entropy(MARKS, one, reduction="none"))
    torch.testing.assert_close(own.fake(MARKS), cross_entropy(MARKS, zero, reduction="none"))


def test_at_its_best_who_makes_fakes_pays_their_divergence_from_what_is_real() -> None:
    marks = best_marks(DensityRatio(), 100)
    torch.testing.assert_close(marks, (P / Q).log(), atol=1e-4, rtol=0)
    paid = (Q * DensityRatio().adversary(marks)).sum().item()
    assert paid == pytest.approx((Q * (Q / P).log()).sum().item(), abs=1e-4)
