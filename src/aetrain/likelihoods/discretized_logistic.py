"""The discretized logistic likelihood."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.grid_logistic import GridLogistic
from aetrain.families import Family
from aetrain.likelihoods.grid import grid
from aetrain.likelihoods.positive import Choice, Positive, split, stacked


@final
class DiscretizedLogistic(Family):
    """Independent values k / (K − 1): log p(x|z) = Σ log[σ((b − μ)/s) − σ((a − μ)/s)].

    a and b are the ends of the level's bin; the lowest reaches to −∞ and the highest to ∞, so that
    the masses sum to 1. μ and s are in units of half the range: −1 is the value 0, 1 the value 1.

    Arguments:
        event: shape of one event.
        scale: a positive number, the same fixed s for all values; `shared`, one learned s;
            `per_dimension`, one learned s for each value; `decoder`, s computed by the network.
        levels: K, the number of values from 0 to 1; None is 256.

    Raises:
        UserError: where a fixed scale is not positive, a word is not known, or there are fewer
            than 2 levels.

    References:
        Kingma, Salimans, Jozefowicz, Chen, Sutskever, Welling: Improved variational inference with
        inverse autoregressive flow, section 5. 2016. https://arxiv.org/abs/1606.04934
    """

    def __init__(
        self, event: Sequence[int], *, scale: Choice = "decoder", levels: int | None = 256
    ) -> None:
        super().__init__(event)
        self.support = grid(levels)
        self.levels = int(self.support.levels or 0)
        self.scale = Positive(self.event, scale, "scale")

    @property
    def parameter_shape(self) -> torch.Size:
        """The location; for scale=decoder the location and a raw scale, (2, *event)."""
        return stacked(self.event, self.scale)

    def forward(self, raw: Tensor) -> GridLogistic:
        """Return p(x|z) from locations (..., *event), or those and raw scales (..., 2, *event)."""
        parts = split(raw, self.event, self.scale)
        return GridLogistic(next(parts), self.scale(parts), self.levels, len(self.event))
