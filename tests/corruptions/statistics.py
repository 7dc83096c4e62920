"""Means against what they must be."""

import pytest
from torch import Tensor


def within(draws: Tensor, mean: float) -> None:
    """Assert that the mean of independent draws is within four standard errors of `mean`."""
    x = draws.double().flatten()
    assert x.mean().item() == pytest.approx(mean, abs=4 * (x.std() / len(x) ** 0.5).item())
