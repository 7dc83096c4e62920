"""The terms of a loss and the one place where their means are taken."""

from typing import NamedTuple

import torch
from torch import Tensor

from aetrain.world import World


class Weighted(NamedTuple):
    """A cost (B,) that counts only where, and as much as, `weight` (B,) says: masks, labels."""

    cost: Tensor
    weight: Tensor


Term = Tensor | Weighted
Terms = dict[str, Term]
"""Name -> cost in nats to be minimised, unweighted: (B,) per example, `Weighted`, or () for a
statistic of the batch."""


def sample_mean(costs: Tensor) -> Tensor:
    """Return the mean (B,) of costs (S, B) over samples; a view where there is but one."""
    return costs.squeeze(0) if len(costs) == 1 else costs.mean(0)


def batch_mean(term: Term, examples: int, world: World) -> Tensor:
    """Return this process's share of the mean of a term over the whole batch, ().

    The shares of all processes add up to the mean over all `examples` of the batch, however they
    are divided: Σᵢ wᵢ cᵢ / Σᵢ wᵢ with both sums over every process, never a mean of means. Where
    all weights are zero, as in a batch without one label, the mean is 0.
    """
    if isinstance(term, Weighted):
        total = world.sum(term.weight.sum())
        return (term.cost * term.weight).sum() / torch.where(total == 0, 1.0, total)
    if term.dim() == 0:
        return term / world.size
    return term.sum() / examples
