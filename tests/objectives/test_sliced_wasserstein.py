"""The sliced distance against its closed form for isotropic Gaussians, and by scipy."""

import pytest
import torch
from scipy.stats import wasserstein_distance

from aetrain.distributions.delta import Delta
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.errors import UserError
from aetrain.objectives.sliced_wasserstein import distance, sliced_wasserstein
from tests.objectives.toy import pass_of, terms_of

D = 4


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_it_tends_to_the_closed_form_of_isotropic_gaussians() -> None:
    """(s − t)² + |m|² / D."""
    loc, s, t = torch.tensor([0.8, -0.4, 0.3, 1.0]).double(), 0.7, 1.2
    a = loc + s * torch.randn(1, 5000, D).double()
    b = t * torch.randn(1, 5000, D).double()
    expected = (s - t) ** 2 + loc.square().sum().item() / D
    assert distance(a, b, 500).item() == pytest.approx(expected, rel=0.05)


def test_on_a_line_it_is_the_distance_of_quantiles() -> None:
    """Against scipy's W₁ where all points move by one number: W₂² = W₁²."""
    a = torch.randn(1, 50, 1).double()
    b = a[:, torch.randperm(50)] + 0.7
    expected = wasserstein_distance(a.flatten().numpy(), b.flatten().numpy()) ** 2
    assert distance(a, b, 3).item() == pytest.approx(expected)
    assert expected == pytest.approx(0.49)


def test_it_is_zero_for_the_same_points_alone() -> None:
    a = torch.randn(2, 30, D).double()
    shuffled = a[:, torch.randperm(30)]
    assert distance(a, shuffled, 20).item() == pytest.approx(0, abs=1e-24)
    assert distance(a, a + 0.1, 20) > 1e-3


def test_the_gradient_agrees_with_finite_differences() -> None:
    a = torch.randn(1, 6, D).double().requires_grad_()
    b = torch.randn(1, 6, D).double()

    def cost(a: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(1)
        return distance(a, b, 5)

    assert torch.autograd.gradcheck(cost, a)


def test_terms() -> None:
    q = Delta(torch.randn(6, D), 1)
    inference = pass_of(q, StandardNormal(torch.zeros(D), 1))
    torch.manual_seed(1)
    found = terms_of(sliced_wasserstein, inference, projections=9)
    torch.manual_seed(1)
    draws = torch.randn(1, 6, D)
    assert list(found) == ["distortion", "sliced_wasserstein"]
    expected = distance(inference.z, draws, 9)
    torch.testing.assert_close(found["sliced_wasserstein"], expected)


def test_no_direction() -> None:
    inference = pass_of(Delta(torch.randn(6, D), 1), StandardNormal(torch.zeros(D), 1))
    with pytest.raises(UserError, match=r"objective\.projections=0: must be at least 1"):
        sliced_wasserstein(inference, projections=0)
