"""The gap where it is known: perfect, constant and doubled codes, noise, a noisy channel."""

import math

import pytest
import torch

from aetrain.evaluation.disentanglement.mutual_information_gap import gaps, mutual_information_gap
from tests.evaluation.disentanglement.codes import grid, noise, perfect


def test_a_perfect_code_has_1() -> None:
    factors = grid(times=100)
    code = perfect(factors, spare=0)
    assert mutual_information_gap(code, factors, resamples=2).value == pytest.approx(1, abs=1e-12)
    assert gaps(code, factors).tolist() == pytest.approx([1, 1, 1], abs=1e-12)


def test_one_hot_codes_of_two_values_have_1() -> None:
    factors = grid(2, 2, 2)
    assert gaps(factors.double(), factors).tolist() == pytest.approx([1, 1, 1], abs=1e-12)


@pytest.mark.parametrize("dimensions", [1, 4])
def test_a_constant_code_has_0(dimensions: int) -> None:
    factors = grid()
    estimate = mutual_information_gap(torch.ones(len(factors), dimensions), factors, resamples=2)
    assert estimate == (0.0, 0.0)


def test_a_code_that_says_all_of_it_twice_has_0() -> None:
    factors = grid()
    code = perfect(factors, spare=0)
    assert gaps(torch.cat([code, -code], 1), factors).abs().max() < 1e-12


def test_noise_has_about_0() -> None:
    """Up to the bias of each information, (A − 1)(B − 1) / 2N, and its own size of spread."""
    factors = grid(times=100)
    bias = 19 * 4 / (2 * len(factors)) / math.log(3)
    assert 0 <= mutual_information_gap(noise(len(factors), 6), factors).value < bias


def test_a_noisy_channel() -> None:
    """One dimension is the bit, flipped with probability ε: its gap is 1 − H(ε) / ln 2."""
    draws = torch.Generator().manual_seed(0)
    n, flips = 200_000, 0.1
    bit = torch.randint(0, 2, (n, 1), generator=draws)
    code = bit ^ (torch.rand(n, 1, generator=draws) < flips).long()
    lost = -(flips * math.log(flips) + (1 - flips) * math.log(1 - flips)) / math.log(2)
    estimate = mutual_information_gap(code.double(), bit)
    assert abs(estimate.value - (1 - lost)) < 4 * estimate.error
    assert 0 < estimate.error < 0.005


def test_order_sign_and_scale_of_dimensions_change_nothing() -> None:
    factors = grid(times=20)
    code = perfect(factors, spare=1) + 0.5 * noise(len(factors), 4, seed=1)
    before = gaps(code, factors)
    after = gaps(code[:, [2, 0, 3, 1]] * torch.tensor([-2.0, 4.0, 0.5, -1.0]), factors)
    torch.testing.assert_close(after, before, rtol=0, atol=0.01)  # values on the edges of bins


def test_the_error_is_the_spread_over_samples() -> None:
    """Against the standard deviation of the figure over samples that are drawn anew."""
    figures, errors = [], []
    for seed in range(40):
        draws = torch.Generator().manual_seed(seed)
        factors = torch.randint(0, 3, (1000, 2), generator=draws)
        code = factors + 0.5 * noise(1000, 2, seed=seed)
        estimate = mutual_information_gap(code, factors, resamples=20, seed=seed)
        figures.append(estimate.value)
        errors.append(estimate.error)
    spread = torch.tensor(figures).std().item()
    # both are estimates: of 40 figures to 11 %, of the mean of 40 errors to about 3 %
    assert sum(errors) / len(errors) == pytest.approx(spread, rel=0.4)
