"""Codes whose measures are known, for the tests."""

import torch
from torch import Tensor

VALUES = (3, 4, 5)


def grid(*values: int, times: int = 1) -> Tensor:
    """Return every combination of factors of so many values, (N, F)."""
    lines = torch.meshgrid(*map(torch.arange, values or VALUES), indexing="ij")
    return torch.stack(lines, -1).flatten(0, -2).repeat(times, 1)


def noise(examples: int, dimensions: int, *, seed: int = 0) -> Tensor:
    """Return codes that say nothing, (N, D)."""
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(examples, dimensions, generator=draws, dtype=torch.float64)


def perfect(factors: Tensor, *, spare: int = 2) -> Tensor:
    """Return each factor in a dimension of its own, in another order and scale, and noise."""
    shuffled = factors.flip(1).double() * torch.linspace(-3, 5, factors.shape[1]) - 1
    return torch.cat([noise(len(factors), spare), shuffled], 1)
