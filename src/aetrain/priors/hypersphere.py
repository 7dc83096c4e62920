"""The uniform prior on the unit sphere."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.spherical_uniform import SphericalUniform
from aetrain.errors import UserError
from aetrain.priors.prior import Prior
from aetrain.spaces import Space


@final
class Hypersphere(Prior):
    """p(z) = Γ(D/2) / (2 π^(D/2)), with respect to area, on the sphere |z| = 1 in D dimensions.

    Arguments:
        event: shape of one latent, (D,).

    Raises:
        UserError: where there is one dimension only.

    References:
        Davidson, Falorsi, De Cao, Kipf, Tomczak: Hyperspherical variational auto-encoders. 2018.
        https://arxiv.org/abs/1804.00891
    """

    space = Space.SPHERE
    zero: Tensor

    def __init__(self, event: Sequence[int]) -> None:
        super().__init__(event)
        if self.event[0] < 2:
            raise UserError(
                f"prior=hypersphere needs 2 dimensions at least, but latent={self.event[0]}:"
                " use latent=3"
            )
        self.register_buffer("zero", torch.zeros(self.event), persistent=False)

    def forward(self) -> SphericalUniform:
        """Return the distribution on the sphere."""
        return SphericalUniform(self.zero)
