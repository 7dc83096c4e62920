"""Counts of one event that share a total."""

from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution, Multinomial


@final
class MultinomialCounts(Distribution):
    """p(x | N) = N! Π πᵢ^xᵢ / xᵢ!, π the softmax over the whole event, N = Σ x each x's own.

    Arguments:
        logits: (*batch, *event).
        total: N of draws, mean and variance.
        event_dims: how many of the last dimensions are one event.
    """

    arg_constraints = {}  # pyright: ignore

    def __init__(self, logits: Tensor, total: int, event_dims: int) -> None:
        self.total = total
        self.flat = logits.flatten(-event_dims)
        split = logits.dim() - event_dims
        super().__init__(logits.shape[:split], logits.shape[split:], validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log N! + Σ x log π − log x!, of the batch's shape."""
        x = value.flatten(-len(self.event_shape))
        ways = torch.lgamma(x.sum(-1) + 1) - torch.lgamma(x + 1).sum(-1)
        return ways + (x * self.flat.log_softmax(-1)).sum(-1)

    @property
    def mean(self) -> Tensor:
        """N π."""
        return (self.total * self.flat.softmax(-1)).unflatten(-1, self.event_shape)

    @property
    def variance(self) -> Tensor:
        """N π (1 − π)."""
        p = self.flat.softmax(-1)
        return (self.total * p * (1 - p)).unflatten(-1, self.event_shape)

    @torch.no_grad()
    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event)."""
        draws = Multinomial(self.total, logits=self.flat, validate_args=False)
        return draws.sample(torch.Size(sample_shape)).unflatten(-1, self.event_shape)
