"""Differences and their errors."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from aetrain.comparison.difference import Difference, correlation, difference


def test_the_error_is_the_spread_of_differences():
    g = torch.Generator().manual_seed(0)
    a = 3 + 2 * torch.randn(100_000, generator=g, dtype=torch.float64)
    b = 4 + 1.5 * torch.randn(100_000, generator=g, dtype=torch.float64)
    found = difference(3.0, 2.0, 4.0, 1.5)
    assert found == (1.0, 2.5)
    assert (b - a).std().item() == pytest.approx(found.error, rel=0.02)
    assert found.in_errors == 0.4


def test_of_the_same_examples_it_is_that_of_the_differences():
    g = torch.Generator().manual_seed(0)
    hard = 20 * torch.randn(500, generator=g, dtype=torch.float64)
    a = hard + torch.randn(500, generator=g, dtype=torch.float64)
    b = hard + 0.5 + 2 * torch.randn(500, generator=g, dtype=torch.float64)
    means = [(x.mean().item(), stats.sem(x)) for x in (a, b)]
    found = difference(*means[0], *means[1], correlation(a.numpy(), b.numpy()))
    assert found.value == pytest.approx((b - a).mean().item())
    assert found.error == pytest.approx(stats.sem(b - a))
    assert found.error < 0.2 * difference(*means[0], *means[1]).error


def test_correlation_of_what_is_known_of_both():
    x = np.array([1.0, 2.0, np.nan, 5.0, 3.0], np.float32)
    y = np.array([2.0, 1.0, 9.0, 4.0, np.nan], np.float32)
    wanted = stats.pearsonr([1.0, 2.0, 5.0], [2.0, 1.0, 4.0]).statistic
    assert correlation(x, y) == pytest.approx(wanted)
    for other in (y[:3], np.ones(5), np.full(5, np.nan)):
        assert correlation(x, other) == 0


def test_without_an_error():
    assert Difference(1.0, 0.0).in_errors == math.inf
    assert Difference(-1.0, 0.0).in_errors == -math.inf
    for nothing in ((0.0, 0.0), (math.nan, 1.0), (1.0, math.nan), (math.inf, 1.0)):
        assert math.isnan(Difference(*nothing).in_errors)
