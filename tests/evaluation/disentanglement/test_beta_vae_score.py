import pytest
import torch

from aetrain.evaluation.disentanglement.beta_vae_score import beta_vae_score
from aetrain.evaluation.disentanglement.estimate import Estimate
from aetrain.evaluation.disentanglement.fixed_factor import FixedFactor
from tests.evaluation.disentanglement.codes import grid, noise, perfect


def score(codes: torch.Tensor, factors: torch.Tensor) -> Estimate:
    draw = FixedFactor(codes, factors)
    return beta_vae_score(draw, factors.shape[1], groups=1000, tested=1000, repetitions=2)


def test_a_perfect_code_has_1() -> None:
    factors = grid(times=10)
    assert score(perfect(factors), factors) == (1.0, 0.0)


@pytest.mark.parametrize("scale", [1.0, 0.0])
def test_noise_and_a_constant_have_no_more_than_chance(scale: float) -> None:
    factors = grid(times=50)
    found = score(scale * noise(len(factors), 2), factors).value
    assert found == pytest.approx(1 / 3, abs=5 * (2 / 9 / 2000) ** 0.5)


def test_it_does_not_see_a_rotation_of_the_code() -> None:
    """The known weakness: a linear classifier tells the factors of mixed dimensions too."""
    factors = grid(4, 4, times=10)
    mixed = factors.double() @ torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64)
    far = torch.cat([mixed, factors.double()[:, :1]], 1)
    assert score(far, factors).value > 0.99
