"""The diagonal Gaussian posterior."""

from typing import final

import torch
from torch import Tensor

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.families import Family, full_precision, soft_bound

LOG_SCALE_BOUND = 10.0


@final
class DiagonalGaussian(Family):
    """q(z|x) = N(μ(x), diag σ²(x)), reparameterised: z = μ + σ ε.

    log σ is bounded softly to ±10 before both sampling and the KL.

    References:
        Kingma, Welling: Auto-encoding variational Bayes. 2014. https://arxiv.org/abs/1312.6114
    """

    @property
    def parameter_shape(self) -> torch.Size:
        """Means and raw log scales, (2, *event)."""
        return torch.Size((2, *self.event))

    def forward(self, raw: Tensor) -> DiagonalNormal:
        """Return q(z|x) from raw parameters (..., 2, *event)."""
        dims = len(self.event)
        loc, raw_scale = full_precision(raw).unbind(-dims - 1)
        return DiagonalNormal(loc, soft_bound(raw_scale, LOG_SCALE_BOUND), dims)
