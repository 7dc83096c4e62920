"""The multinomial likelihood: what an event's counts say of its proportions."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.multinomial_counts import MultinomialCounts
from aetrain.errors import UserError
from aetrain.families import Family, full_precision
from aetrain.values import COUNTS


@final
class Multinomial(Family):
    """Counts that share a total: log p(x|z, N) = log N! + Σ x log π − log x!, π = softmax(raw).

    N = Σ x is each x's own and is not modelled: the masses of the x of one total sum to 1.

    Arguments:
        event: shape of one event; the softmax is over all of it.
        total: N of draws and means; 1 makes the mean the proportions.

    Raises:
        UserError: where the total is below 1.

    References:
        Liang, Krishnan, Hoffman, Jebara: Variational autoencoders for collaborative filtering.
        2018. https://arxiv.org/abs/1802.05814
    """

    support = COUNTS
    pixelwise = False

    def __init__(self, event: Sequence[int], *, total: int = 1) -> None:
        super().__init__(event)
        if total < 1:
            raise UserError(f"likelihood.total={total}: must be at least 1")
        self.total = total

    @property
    def parameter_shape(self) -> torch.Size:
        """One logit for each value."""
        return self.event

    def forward(self, raw: Tensor) -> MultinomialCounts:
        """Return p(x|z) from logits (..., *event)."""
        return MultinomialCounts(full_precision(raw), self.total, len(self.event))
