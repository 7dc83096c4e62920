"""Independent logistic values rounded to a grid."""

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from aetrain.distributions.elementwise import Elementwise

AT_ONCE = 2**20
"""Numbers held at a time when moments are summed over the levels."""


@final
class GridLogistic(Elementwise):
    """Values k / (K − 1), k = 0 ... K − 1: a logistic y, rounded to the nearest level.

    y is in units of half the range, in which 0 is −1 and 1 is 1. What lies beyond an end goes to
    that end's level, so the masses sum to 1.

    Arguments:
        loc: location of y, (*batch, *event).
        scale: scale of y, of the same shape or one that broadcasts to it.
        levels: K.
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, loc: Tensor, scale: Tensor, levels: int, event_dims: int) -> None:
        self.loc, self.scale, self.levels = loc, scale, levels
        super().__init__(loc.shape, event_dims)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the sum of `log_mass`, of the batch's shape."""
        return self.total(log_mass(value, self.loc, self.scale, self.levels))

    @property
    def mean(self) -> Tensor:
        """E x, summed over the levels."""
        return mean(self.loc, self.scale, self.levels)

    @property
    def variance(self) -> Tensor:
        """Var x, summed over the levels."""
        return mean_square(self.loc, self.scale, self.levels) - self.mean.square()

    @torch.no_grad()
    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event)."""
        loc = self.loc.expand(*sample_shape, *self.loc.shape)
        return draw(loc, self.scale, self.levels)


def log_mass(x: Tensor, loc: Tensor, scale: Tensor, levels: int) -> Tensor:
    """Return log P(x) of each value: log[σ(b) − σ(a)], a and b the ends of its bin, standardised.

    It is computed as log σ(b) + log σ(−a) + log(1 − e^(a−b)), which holds in the far tails too; the
    lowest bin has a = −∞, the highest b = ∞.
    """
    half = 1 / ((levels - 1) * scale)
    centre = (2 * x - 1 - loc) / scale
    below, above = logsigmoid(half + centre), logsigmoid(half - centre)
    inside = below + above + torch.log(-torch.expm1(-2 * half))
    edge = 0.5 / (levels - 1)
    return torch.where(x < edge, below, torch.where(x > 1 - edge, above, inside))


def draw(loc: Tensor, scale: Tensor, levels: int) -> Tensor:
    """Return one draw for each location."""
    y = loc + scale * torch.rand_like(loc).logit()
    return ((y + 1) * (0.5 * (levels - 1))).round().clamp(0, levels - 1) / (levels - 1)


def mean(loc: Tensor, scale: Tensor, levels: int) -> Tensor:
    """Return E x = Σ P(k ≥ j) / (K − 1) over j = 1 ... K − 1, k = (K − 1) x."""
    return _sum_of_tails(loc, scale, levels, lambda j: torch.ones_like(j)) / (levels - 1)


def mean_square(loc: Tensor, scale: Tensor, levels: int) -> Tensor:
    """Return E x² = Σ (2j − 1) P(k ≥ j) / (K − 1)²."""
    return _sum_of_tails(loc, scale, levels, lambda j: 2 * j - 1) / (levels - 1) ** 2


def _sum_of_tails(
    loc: Tensor, scale: Tensor, levels: int, weight: Callable[[Tensor], Tensor]
) -> Tensor:
    """Return Σ weight(j) P(k ≥ j), one level after another, or several where they are small."""
    total, place, slope = torch.zeros_like(loc), (loc + 1) / scale, -1 / scale
    j = torch.arange(1, levels, dtype=loc.dtype, device=loc.device)
    edges, weights = (2 * j - 1) / (levels - 1), weight(j)
    n = max(1, AT_ONCE // max(1, loc.numel()))
    shape = (-1, *[1] * loc.dim())
    for edge, own in zip(edges.split(n), weights.split(n)):
        tail = torch.addcmul(place, slope, edge.reshape(shape)).sigmoid()
        total = total + torch.tensordot(own, tail, 1)
    return total
