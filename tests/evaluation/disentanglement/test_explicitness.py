import math

import pytest
import torch
from scipy.stats import norm

from aetrain.evaluation.disentanglement.explicitness import explicitness
from tests.evaluation.disentanglement.codes import grid, noise


def test_one_hot_codes_have_1() -> None:
    factors = grid(times=10)
    code = torch.cat([torch.nn.functional.one_hot(v) for v in factors.unbind(1)], 1)
    assert explicitness(code, factors) == (1.0, 0.0)


def test_noise_and_a_constant_have_a_half() -> None:
    factors = grid(times=40)
    assert explicitness(noise(len(factors), 3), factors).value == pytest.approx(0.5, abs=0.03)
    assert explicitness(torch.ones(len(factors), 3), factors) == (0.5, 0.0)


def test_two_gaussians_have_their_closed_form() -> None:
    """The area for N(0, 1) and N(d, 1) is Φ(d / √2); its error is at most that of 5,000 pairs."""
    factor = torch.randint(0, 2, (20_000, 1), generator=torch.Generator().manual_seed(0))
    code = 1.5 * factor + noise(len(factor), 1)
    found = explicitness(code, factor, examples=10_000, repetitions=2).value
    expected = norm.cdf(1.5 / math.sqrt(2))
    bound = 4 * math.sqrt(expected * (1 - expected) / 5000)
    assert found == pytest.approx(expected, abs=bound)


def test_scales_of_dimensions_change_nothing() -> None:
    factors = grid(times=10)
    code = factors.double() + noise(len(factors), 3)
    scaled = code * torch.tensor([1e-3, 1.0, 1e3], dtype=torch.float64) + 5
    assert explicitness(scaled, factors).value == pytest.approx(
        explicitness(code, factors).value, abs=1e-6
    )
