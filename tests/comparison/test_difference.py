"""Differences and their errors."""

import math

import pytest
import torch

from aetrain.comparison.difference import Difference, difference


def test_the_error_is_the_spread_of_differences():
    g = torch.Generator().manual_seed(0)
    a = 3 + 2 * torch.randn(100_000, generator=g, dtype=torch.float64)
    b = 4 + 1.5 * torch.randn(100_000, generator=g, dtype=torch.float64)
    found = difference(3.0, 2.0, 4.0, 1.5)
    assert found == (1.0, 2.5)
    assert (b - a).std().item() == pytest.approx(found.error, rel=0.02)
    assert found.in_errors == 0.4


def test_without_an_error():
    assert Difference(1.0, 0.0).in_errors == math.inf
    assert Difference(-1.0, 0.0).in_errors == -math.inf
    for nothing in ((0.0, 0.0), (math.nan, 1.0), (1.0, math.nan), (math.inf, 1.0)):
        assert math.isnan(Difference(*nothing).in_errors)
