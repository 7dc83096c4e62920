"""A mixture of Gaussians with full covariances as a prior."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.distributions.full_normal_mixture import FullNormalMixture
from aetrain.errors import UserError
from aetrain.expectation_maximisation import expectation_maximisation
from aetrain.families import full_precision, soft_bound, unbound
from aetrain.priors.mixture_prior import LOG_SCALE_BOUND, MixturePrior

SLOPE_BOUND = 100.0


@final
class FullGaussianMixture(MixturePrior):
    """p(z) = Σₖ πₖ N(z; μₖ, Σₖ), Σ⁻¹ = (I + N)ᵀ diag σ⁻² (I + N), N strictly lower triangular.

    So −Nᵢⱼ are what the values zⱼ before zᵢ say of it, and σᵢ² is the variance that they leave. It
    is learned, and begins as `gaussian_mixture` does: with equal weights, means drawn from
    N(0, spread² I) and covariances I. Its parts may lie aslant, as those of codes do that were
    trained without a prior: nothing draws them along the axes.

    Arguments:
        event: shape of one latent, (D,).
        components: K.
        spread: standard deviation of the means before training.

    Raises:
        UserError: where a number is out of its range.

    References:
        McLachlan, Peel: Finite mixture models. 2000. https://doi.org/10.1002/0471721182
    """

    def __init__(self, event: Sequence[int], *, components: int = 10, spread: float = 1.0) -> None:
        super().__init__(event, components)
        if not spread > 0:
            raise UserError(f"prior.spread={spread}: must be above 0, such as 1.0")
        (d,) = self.event
        self.loc = nn.Parameter(spread * torch.randn(components, d))
        self.raw_scale = nn.Parameter(torch.zeros(components, d))
        self.raw_below = nn.Parameter(torch.zeros(components, d * (d - 1) // 2))
        self.logits = nn.Parameter(torch.zeros(components))

    def forward(self) -> FullNormalMixture:
        """Return the mixture."""
        loc, raw_scale, below, logits = (
            full_precision(p) for p in (self.loc, self.raw_scale, self.raw_below, self.logits)
        )
        log_scale = soft_bound(raw_scale, LOG_SCALE_BOUND)
        k, d = loc.shape
        unit = torch.eye(d, dtype=loc.dtype, device=loc.device).repeat(k, 1, 1)
        i, j = torch.tril_indices(d, d, -1, device=loc.device).unbind()
        unit[:, i, j] = soft_bound(below, SLOPE_BOUND)
        whitening = (-log_scale).exp().unsqueeze(-1) * unit
        return FullNormalMixture(loc, whitening, log_scale, logits)

    def fit_covariances(self, codes: Tensor, starts: int, floor: float) -> tuple[Tensor, Tensor]:
        """Fit and take covariances; return weights and means."""
        weights, loc, covariance = expectation_maximisation(
            codes, len(self.loc), "full", starts=starts, floor=floor
        )
        d = codes.shape[1]
        factor, eye = torch.linalg.cholesky(covariance), torch.eye(d, dtype=covariance.dtype)
        scale = factor.diagonal(dim1=-2, dim2=-1)
        unit = scale.unsqueeze(-1) * torch.linalg.solve_triangular(factor, eye, upper=False)
        i, j = torch.tril_indices(d, d, -1).unbind()
        self.raw_scale.copy_(unbound(scale.log(), LOG_SCALE_BOUND).to(self.loc))
        self.raw_below.copy_(unbound(unit[:, i, j], SLOPE_BOUND).to(self.loc))
        return weights, loc
