"""The uniform prior on a box."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.box_uniform import BoxUniform
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.priors.prior import Prior
from aetrain.spaces import Space


@final
class Uniform(Prior):
    """p(z) = 1 / (high − low)ᴰ on the box [low, high]ᴰ.

    Arguments:
        event: shape of one latent, (D,).
        low: lower end of every side.
        high: upper end.

    Raises:
        UserError: where the ends are not finite, or not in this order.
    """

    space = Space.BOX
    zero: Tensor

    def __init__(self, event: Sequence[int], *, low: float = -1.0, high: float = 1.0) -> None:
        super().__init__(event)
        if not -math.inf < low < high < math.inf:
            raise UserError(
                f"prior.low={low}, prior.high={high}: low must be below high, such as -1 and 1"
            )
        self.low, self.high = float(low), float(high)
        self.register_buffer("zero", torch.zeros(self.event), persistent=False)

    def forward(self) -> BoxUniform:
        """Return the distribution on the box."""
        return BoxUniform(full_precision(self.zero), self.low, self.high, len(self.event))
