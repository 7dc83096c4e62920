"""The Laplace posterior."""

from typing import final

import torch
from torch import Tensor

from aetrain.distributions.diagonal_laplace import DiagonalLaplace
from aetrain.families import Family, full_precision, soft_bound
from aetrain.posteriors.diagonal_gaussian import LOG_SCALE_BOUND


@final
class Laplace(Family):
    """q(z|x) = Π 1/(2 bᵢ) exp(−|zᵢ − μᵢ| / bᵢ), reparameterised.

    log b is bounded softly to ±10. The rate is in closed form to Laplace and Gaussian priors.

    References:
        Kingma, Welling: Auto-encoding variational Bayes, section 2.4. 2014.
        https://arxiv.org/abs/1312.6114
    """

    @property
    def parameter_shape(self) -> torch.Size:
        """Means and raw log scales, (2, *event)."""
        return torch.Size((2, *self.event))

    def forward(self, raw: Tensor) -> DiagonalLaplace:
        """Return q(z|x) from raw parameters (..., 2, *event)."""
        dims = len(self.event)
        loc, raw_scale = full_precision(raw).unbind(-dims - 1)
        return DiagonalLaplace(loc, soft_bound(raw_scale, LOG_SCALE_BOUND), dims)
