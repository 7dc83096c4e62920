"""Draws of examples that share the value of one factor."""

from collections.abc import Callable
from typing import final

import torch
from torch import Tensor

Draw = Callable[[Tensor, int], Tensor]
"""(factor of each group (G,), examples n of a group) -> codes (G, n, D).

The examples of a group share one value, drawn at random, of the group's factor.
"""


@final
class FixedFactor:
    """Draws from codes that were computed beforehand, with replacement.

    The value is uniform among those that the factor takes, the examples are uniform among those
    with this value: on a whole grid the other factors are then independent and uniform.

    Arguments:
        codes: (N, D).
        factors: whole numbers from 0, (N, F).
        seed: of the draws.
    """

    def __init__(self, codes: Tensor, factors: Tensor, *, seed: int = 0) -> None:
        self.codes = codes
        self.draws = torch.Generator().manual_seed(seed)
        # rows sorted by value; those of its v-th value begin at starts[v] and are counts[v]
        self.order = [column.argsort(stable=True) for column in factors.unbind(1)]
        self.counts = [column.unique(return_counts=True)[1] for column in factors.unbind(1)]
        self.starts = [counts.cumsum(0) - counts for counts in self.counts]

    def __call__(self, factor: Tensor, n: int) -> Tensor:
        """Return codes (G, n, D) for the factors (G,) that the groups share."""
        rows = torch.empty(len(factor), n, dtype=torch.int64)
        for f, (order, counts, starts) in enumerate(zip(self.order, self.counts, self.starts)):
            groups = (factor == f).nonzero().squeeze(1)
            value = torch.randint(len(counts), (len(groups), 1), generator=self.draws)
            place = torch.rand(len(groups), n, generator=self.draws, dtype=torch.float64)
            rows[groups] = order[starts[value] + (place * counts[value]).long()]
        return self.codes[rows]
