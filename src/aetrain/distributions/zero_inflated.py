"""Counts that are 0 more often."""

from typing import Any, final

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from aetrain.distributions.elementwise import Elementwise
from aetrain.distributions.product import Product


@final
class ZeroInflated(Elementwise):
    """Π πᵢ 1[xᵢ = 0] + (1 − πᵢ) p(xᵢ), π = σ(gate).

    Arguments:
        counts: p, a product with events of no dimension, batch shape (*batch, *event).
        gate: logit of π, (*batch, *event).
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, counts: Product, gate: Tensor, event_dims: int) -> None:
        self.counts, self.gate = counts, gate
        super().__init__(gate.shape, event_dims)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(x), of the batch's shape."""
        counted = logsigmoid(-self.gate) + self.counts.log_prob(value)
        inflated = logsigmoid(self.gate)
        # log(exp a + exp b) = a − log σ(a − b); logaddexp's second derivative is NaN for a ≫ b
        zero = inflated - logsigmoid(inflated - counted)
        return self.total(torch.where(value == 0, zero, counted))

    @property
    def mean(self) -> Tensor:
        """(1 − π) E x."""
        return torch.sigmoid(-self.gate) * self.counts.mean

    @property
    def variance(self) -> Tensor:
        """(1 − π) (Var x + π (E x)²)."""
        spread = self.counts.variance + torch.sigmoid(self.gate) * self.counts.mean.square()
        return torch.sigmoid(-self.gate) * spread

    @torch.no_grad()
    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event)."""
        counts = self.counts.sample(sample_shape)
        return counts * (torch.rand_like(counts) >= torch.sigmoid(self.gate))
