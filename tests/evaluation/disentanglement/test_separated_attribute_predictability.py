import pytest
import torch
from scipy.stats import norm

from aetrain.evaluation.disentanglement.separated_attribute_predictability import (
    separated_attribute_predictability as sap,
)
from tests.evaluation.disentanglement.codes import VALUES, grid, noise, perfect

MOST = sum(1 - 1 / k for k in VALUES) / len(VALUES)


def test_a_perfect_code_has_the_most() -> None:
    factors = grid(times=40)
    assert sap(perfect(factors, spare=0), factors).value == pytest.approx(MOST, abs=0.03)
    # and exactly so where other dimensions say nothing at all
    one = factors[:, :1]
    code = torch.cat([one.double(), torch.zeros(len(one), 2)], 1)
    assert sap(code, one) == (pytest.approx(2 / 3, abs=1e-12), pytest.approx(0, abs=1e-12))


def test_a_code_of_one_dimension() -> None:
    factors = grid(3, times=40)
    assert sap(factors.double(), factors).value == pytest.approx(2 / 3, abs=1e-12)


def test_a_code_that_says_all_of_it_twice_has_0() -> None:
    factors = grid(times=20)
    code = perfect(factors, spare=0)
    assert sap(torch.cat([code, -code], 1), factors).value == pytest.approx(0, abs=1e-12)


def test_a_constant_code_has_0() -> None:
    factors = grid(times=4)
    assert sap(torch.ones(len(factors), 3), factors).value == pytest.approx(0, abs=1e-12)


def test_noise_has_about_0() -> None:
    factors = grid(times=40)
    assert 0 <= sap(noise(len(factors), 3), factors).value < 0.05


def test_thresholds_between_gaussians() -> None:
    """Two values, N(−1, 1) and N(1, 1): the best threshold is right with probability Φ(1).

    The classes are of unequal size, which a balanced accuracy does not see.
    """
    draws = torch.Generator().manual_seed(0)
    n = 20_000
    factor = (torch.rand(n, 1, generator=draws) < 0.2).long()
    code = torch.cat([2.0 * factor - 1 + noise(n, 1), torch.zeros(n, 1)], 1)
    found = sap(code, factor, examples=10_000, repetitions=2).value
    # four standard errors of the accuracy on 2,000 examples of the rarer class, in two repetitions
    assert found == pytest.approx(norm.cdf(1) - 0.5, abs=0.5 * 4 * (0.16 * 0.84 / 2000) ** 0.5)
