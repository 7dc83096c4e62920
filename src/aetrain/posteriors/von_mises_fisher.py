"""The von Mises–Fisher posterior."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.von_mises_fisher import VonMisesFisher as VonMisesFisherDistribution
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound
from aetrain.spaces import Space

LOG_CONCENTRATION_BOUND = 15.0
OFF_CENTRE = 1e-3


@final
class VonMisesFisher(Family):
    """q(z|x) = C(κ(x)) exp(κ(x) μ(x)ᵀz) on the unit sphere, μ the direction of what is put out.

    A latent of D numbers is a sphere of D − 1 dimensions. κ is a least value plus a number whose
    logarithm is bounded softly to ±15. Without the least value a draw says nothing of μ once κ is
    near 0, so neither encoder nor decoder has a gradient that leads out of there again.

    Arguments:
        event: shape of one latent, (D,), D at least 2.
        minimum: least κ; it makes the rate at least about κ² / 2D nats.

    Raises:
        UserError: where the latent has one number only, or the least κ is below 0.

    References:
        Davidson, Falorsi, De Cao, Kipf, Tomczak: Hyperspherical variational auto-encoders. 2018.
        https://arxiv.org/abs/1804.00891
    """

    space = Space.SPHERE

    def __init__(self, event: Sequence[int], *, minimum: float = 1.0) -> None:
        super().__init__(event)
        (latent,) = self.event
        if latent < 2:
            raise UserError(f"latent={latent}: must be at least 2 with posterior=von_mises_fisher")
        if not 0 <= minimum < math.inf:
            raise UserError(f"posterior.minimum={minimum}: must be 0 or more, such as 1.0")
        self.minimum = float(minimum)

    @property
    def parameter_shape(self) -> torch.Size:
        """A vector along μ and one number that κ rises with, (D + 1,)."""
        return torch.Size((self.event[0] + 1,))

    def forward(self, raw: Tensor) -> VonMisesFisherDistribution:
        """Return q(z|x) from raw parameters (..., D + 1)."""
        raw = full_precision(raw)
        along = raw[..., :-1]
        # vectors of 0, which a network may begin with, have no direction
        along = torch.cat([along[..., :1] + OFF_CENTRE, along[..., 1:]], -1)
        loc = along / along.norm(dim=-1, keepdim=True)
        above = soft_bound(raw[..., -1], LOG_CONCENTRATION_BOUND).exp()
        return VonMisesFisherDistribution(loc, self.minimum + above)
