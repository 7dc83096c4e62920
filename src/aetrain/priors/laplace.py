"""The Laplace prior."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.centred_laplace import CentredLaplace
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.priors.prior import Prior


@final
class Laplace(Prior):
    """Independent values of heavier tails than a Gaussian's: log p(z) = −Σ |z| / b + log 2b.

    Arguments:
        event: shape of one latent, (D,).
        scale: b; the standard deviation is √2 b.

    Raises:
        UserError: where the scale is not above 0.

    References:
        Barello, Charles, Pillow: Sparse-coding variational auto-encoders. 2018.
        https://doi.org/10.1101/399246
    """

    zero: Tensor

    def __init__(self, event: Sequence[int], *, scale: float = 1.0) -> None:
        super().__init__(event)
        if not scale > 0:
            raise UserError(f"prior.scale={scale}: must be above 0, such as 1.0")
        self.scale = float(scale)
        self.register_buffer("zero", torch.zeros(self.event), persistent=False)

    def forward(self) -> CentredLaplace:
        """Return the distribution of independent values."""
        return CentredLaplace(full_precision(self.zero), self.scale, len(self.event))
