"""Salt-and-pepper noise."""

import math
from typing import final

import torch
from torch import Tensor

from aetrain.corruptions.corruption import Corruption
from aetrain.errors import UserError
from aetrain.values import Values


@final
class SaltAndPepper(Corruption):
    """A share `level` of the values becomes, by a fair coin, the lowest or the highest value.

    Arguments:
        level: probability ν of a value to be replaced.
        values: what x may be; None: the lowest and the highest value of each batch stand for its
            ends, as for features, whose range nobody knows.

    Raises:
        UserError: where the values have no end.

    References:
        Vincent, Larochelle, Lajoie, Bengio, Manzagol: Stacked denoising autoencoders. 2010.
        https://www.jmlr.org/papers/v11/vincent10a.html
    """

    def __init__(self, level: float = 0.25, *, values: Values | None = None) -> None:
        super().__init__(level)
        if values is not None and math.isinf(values.high - values.low):
            raise UserError(
                f"corruption=salt_and_pepper puts the lowest and the highest value into x, but the"
                f" data are {values}: declare dataset.range, or use corruption=masking"
            )
        self.values = values

    def __call__(self, x: Tensor) -> Tensor:
        """Return x̃, (B, *event)."""
        u = torch.rand(x.shape, device=x.device)
        known = self.values
        low, high = torch.aminmax(x) if known is None else (known.low, known.high)
        half = 0.5 * self.level
        return x.masked_fill(u < self.level, high).masked_fill_(u < half, low)
