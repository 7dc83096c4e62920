"""The categorical likelihood: a probability for each level of each value."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.grid_categorical import GridCategorical
from aetrain.families import Family, full_precision
from aetrain.likelihoods.grid import grid


@final
class Categorical(Family):
    """Independent values k / (K − 1): log p(x|z) = Σ log softmax(raw)ₖ.

    The levels are not known to be in order; mean and variance are those of the values.

    Arguments:
        event: shape of one event.
        levels: K, the number of values from 0 to 1; None is 256.

    Raises:
        UserError: where there are fewer than 2 levels.

    References:
        van den Oord, Kalchbrenner, Kavukcuoglu: Pixel recurrent neural networks. 2016.
        https://arxiv.org/abs/1601.06759
    """

    def __init__(self, event: Sequence[int], *, levels: int | None = 256) -> None:
        super().__init__(event)
        self.support = grid(levels)

    @property
    def parameter_shape(self) -> torch.Size:
        """A logit for each level of each value, (K, *event)."""
        return torch.Size((int(self.support.levels or 0), *self.event))

    def forward(self, raw: Tensor) -> GridCategorical:
        """Return p(x|z) from logits (..., K, *event)."""
        return GridCategorical(full_precision(raw), len(self.event))
