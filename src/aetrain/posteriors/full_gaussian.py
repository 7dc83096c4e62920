"""The Gaussian posterior with a full covariance."""

from typing import final

import torch
from torch import Tensor

from aetrain.distributions.full_normal import FullNormal
from aetrain.families import Family, full_precision, soft_bound
from aetrain.posteriors.diagonal_gaussian import LOG_SCALE_BOUND

SLOPE_BOUND = 100.0


@final
class FullGaussian(Family):
    """q(z|x) = N(μ, L Lᵀ), L = diag σ (I + N), N strictly lower triangular, all from x.

    log σ is bounded softly to ±10, the entries of N to ±100.

    References:
        Kingma, Welling: An introduction to variational autoencoders, section 2.5.1. 2019.
        https://arxiv.org/abs/1906.02691
    """

    @property
    def parameter_shape(self) -> torch.Size:
        """Means, raw log scales, and N's entries row by row: (2 D + D (D − 1) / 2,)."""
        (d,) = self.event
        return torch.Size((2 * d + d * (d - 1) // 2,))

    def forward(self, raw: Tensor) -> FullNormal:
        """Return q(z|x) from raw parameters (..., 2 D + D (D − 1) / 2)."""
        (d,) = self.event
        loc, raw_scale, below = full_precision(raw).split([d, d, d * (d - 1) // 2], -1)
        log_scale = soft_bound(raw_scale, LOG_SCALE_BOUND)
        factor = torch.eye(d, dtype=loc.dtype, device=loc.device).repeat(*loc.shape[:-1], 1, 1)
        i, j = torch.tril_indices(d, d, -1, device=loc.device).unbind()
        factor[..., i, j] = soft_bound(below, SLOPE_BOUND)
        return FullNormal(loc, log_scale.exp().unsqueeze(-1) * factor, log_scale)
