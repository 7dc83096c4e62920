"""The mixture of discretized logistics, with dependent channels."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.grid_logistic_mixture import GridLogisticMixture
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound
from aetrain.likelihoods.grid import grid

LOG_BOUND = 8.0


@final
class LogisticMixture(Family):
    """Values k / (L − 1), each pixel from a mixture of K discretized logistics.

    log p(x|z) = Σ_pixels log Σₖ πₖ Π_c P(x_c; μ_ck + Σ_{j<c} a_cjk (2 x_j − 1), s_ck), where P is
    the mass of `discretized_logistic`, log s is bounded softly to ±8 and a = tanh(raw). In an image
    (C, H, W) with C > 1 the channels of a pixel share its component, and the location of a later
    one moves with the values of the earlier ones. In other events each value is its own mixture.

    Draws go channel by channel. The mean of a later channel is taken at the means of the earlier
    ones, component by component, which is exact as far as no mass lies at 0 or 1.

    Arguments:
        event: shape of one event.
        mixtures: K.
        levels: L, the number of values from 0 to 1; None is 256.

    Raises:
        UserError: where there is no component, or there are fewer than 2 levels.

    References:
        Salimans, Karpathy, Chen, Kingma: PixelCNN++: improving the PixelCNN with discretized
        logistic mixture likelihood and other modifications. 2017. https://arxiv.org/abs/1701.05517
    """

    def __init__(
        self, event: Sequence[int], *, mixtures: int = 10, levels: int | None = 256
    ) -> None:
        super().__init__(event)
        if mixtures < 1:
            raise UserError(f"likelihood.mixtures={mixtures}: must be at least 1")
        self.support = grid(levels)
        self.levels, self.mixtures = int(self.support.levels or 0), mixtures
        image = len(self.event) == 3
        self.channels = self.event[0] if image else 1
        self.places = self.event[1:] if image else self.event

    @property
    def parameter_shape(self) -> torch.Size:
        """(K (1 + 2C + C(C−1)/2), H, W) for images, (3K, *event) for others."""
        own = 1 + 2 * self.channels + self._pairs
        return torch.Size((self.mixtures * own, *self.places))

    @property
    def _pairs(self) -> int:
        return self.channels * (self.channels - 1) // 2

    def forward(self, raw: Tensor) -> GridLogisticMixture:
        """Return p(x|z) from raw parameters (..., *parameter_shape).

        For each pixel they are logits, locations, scales and coefficients; all but the logits
        with the channel (or pair of channels) as their slowest index, the component as the next.
        """
        dims, c = len(self.places), self.channels
        parts = full_precision(raw).unflatten(-dims - 1, (-1, self.mixtures))
        logits, loc, scale, coefficients = parts.split([1, c, c, self._pairs], -dims - 2)
        return GridLogisticMixture(
            logits.squeeze(-dims - 2),
            loc,
            soft_bound(scale, LOG_BOUND).exp(),
            coefficients.tanh(),
            self.levels,
            self.event,
            dims,
        )
