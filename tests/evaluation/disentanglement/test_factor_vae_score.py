import pytest
import torch

from aetrain.evaluation.disentanglement.estimate import Estimate
from aetrain.evaluation.disentanglement.factor_vae_score import factor_vae_score
from aetrain.evaluation.disentanglement.fixed_factor import FixedFactor
from tests.evaluation.disentanglement.codes import grid, noise, perfect


def score(codes: torch.Tensor, factors: torch.Tensor, **settings: int) -> Estimate:
    draw = FixedFactor(codes, factors)
    small = {"groups": 1000, "tested": 1000, "repetitions": 2, **settings}
    return factor_vae_score(codes, draw, factors.shape[1], **small)


def test_a_perfect_code_has_1() -> None:
    factors = grid(times=10)
    assert score(perfect(factors), factors) == (1.0, 0.0)


def test_collapsed_dimensions_do_not_vote() -> None:
    factors = grid(times=10)
    tiny = 1e-3 * torch.cat([noise(len(factors), 2), 0 * noise(len(factors), 1)], 1)
    assert score(torch.cat([tiny, perfect(factors)], 1), factors) == (1.0, 0.0)


def test_a_constant_code_has_0() -> None:
    factors = grid()
    assert score(torch.ones(len(factors), 3), factors) == (0.0, 0.0)


def test_noise_has_no_more_than_chance() -> None:
    """1/F: 5 standard errors of 4 × 1,000 votes, and the best of random answers above it."""
    factors = grid(times=50)
    found = score(noise(len(factors), 2), factors, repetitions=4).value
    assert found == pytest.approx(1 / 3, abs=5 * (2 / 9 / 4000) ** 0.5)


def test_a_code_that_lacks_a_factor() -> None:
    """Groups of the factor that is nowhere are told by none: two of three, and luck with those.

    The votes of the third go to either of two dimensions, which belong to the other factors.
    """
    factors = grid(times=10)
    code = factors[:, :2].double()
    found = score(code, factors, repetitions=4).value
    assert found == pytest.approx(2 / 3, abs=5 * (2 / 9 / 4000) ** 0.5)
