"""The terms of a loss and the one place where their means are taken."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from aetrain.world import World


class Weighted(NamedTuple):
    """A cost (B,) that counts only where, and as much as, `weight` (B,) says: masks, labels."""

    cost: Tensor
    weight: Tensor

    def times(self, weight: Tensor) -> "Weighted":
        """Return the same with examples weighted (B,) besides."""
        return Weighted(self.cost, self.weight * weight)

    def share(self, examples: int, world: World) -> Tensor:
        """Return this process's share of the weighted mean."""
        total = world.sum(self.weight.sum())
        return (self.cost * self.weight).sum() / torch.where(total == 0, 1.0, total)


class OfMean(NamedTuple):
    """What the mean of `values` (B, K) over the whole batch costs, `cost`: (K,) -> ().

    No mean of costs is one of means: with several processes all must add to the mean first.
    """

    values: Tensor
    cost: Callable[[Tensor], Tensor]
    weight: Tensor | None = None

    def times(self, weight: Tensor) -> "OfMean":
        """Return the same with examples weighted (B,) besides."""
        return self._replace(weight=weight if self.weight is None else self.weight * weight)

    def share(self, examples: int, world: World) -> Tensor:
        """Return the cost of the mean over all processes, divided among them."""
        if self.weight is None:
            part = self.values.sum(0) / examples
        else:
            total = world.sum(self.weight.sum())
            part = (self.values.T @ self.weight) / torch.where(total == 0, 1.0, total)
        if world.size == 1:
            return self.cost(part)
        # gradients of the shares add up to the mean's, and each share is a part of `size` of it
        mean = world.sum(part) + world.size * (part - part.detach())
        return self.cost(mean) / world.size


Term = Tensor | Weighted | OfMean
Terms = dict[str, Term]
"""Name -> cost in nats to be minimised, unweighted: (B,) per example, `Weighted`, `OfMean`, or ()
for a statistic of the batch."""


def sample_mean(costs: Tensor) -> Tensor:
    """Return the mean (B,) of costs (S, B) over samples; a view where there is but one."""
    return costs.squeeze(0) if len(costs) == 1 else costs.mean(0)


def batch_mean(term: Term, examples: int, world: World) -> Tensor:
    """Return this process's share of the mean of a term over the whole batch, ().

    The shares of all processes add up to the mean over all `examples` of the batch, however they
    are divided: Σᵢ wᵢ cᵢ / Σᵢ wᵢ with both sums over every process, never a mean of means. Where
    all weights are zero, as in a batch without one label, the mean is 0.
    """
    if not isinstance(term, Tensor):
        return term.share(examples, world)
    if term.dim() == 0:
        return term / world.size
    return term.sum() / examples


def weighted(term: Term, weight: Tensor) -> Term:
    """Return a term with its examples weighted (B,); a statistic of the batch stays as it is."""
    if not isinstance(term, Tensor):
        return term.times(weight)
    return Weighted(term, weight) if term.dim() == 1 else term
