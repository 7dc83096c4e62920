"""The normal distribution whose covariance is diagonal but for a few directions."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution, register_kl

from aetrain.distributions.diagonal_normal import HALF_LOG_TAU, DiagonalNormal
from aetrain.distributions.matvec import matvec
from aetrain.distributions.standard_normal import StandardNormal


@final
class LowRankNormal(Distribution):
    """N(μ, S (I + W Wᵀ) S), S = diag σ, W of R columns.

    By the matrix determinant lemma log|I + W Wᵀ| = log|I + Wᵀ W|, a determinant of order R.

    Arguments:
        loc: μ, (*batch, D).
        log_scale: log σ, (*batch, D).
        factors: W, (*batch, D, R), in units of σ.
    """

    has_rsample = True
    arg_constraints = {}  # pyright: ignore

    def __init__(self, loc: Tensor, log_scale: Tensor, factors: Tensor) -> None:
        self.loc, self.log_scale, self.factors = loc, log_scale, factors
        self.scale = log_scale.exp()
        with torch.autocast(loc.device.type, enabled=False):
            inner = factors.mT @ factors
        inner = inner + torch.eye(factors.shape[-1], dtype=loc.dtype, device=loc.device)
        self.inner = torch.linalg.cholesky_ex(inner).L
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """μ."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """σᵢ² (1 + Σᵣ Wᵢᵣ²)."""
        return self.scale.square() * (1 + self.factors.square().sum(-1))

    @property
    def half_log_det(self) -> Tensor:
        """½ log|covariance| = Σ log σ + ½ log|I + Wᵀ W|, (*batch,)."""
        return self.log_scale.sum(-1) + self.inner.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return μ + σ (ε + W η), (*sample_shape, *batch, D)."""
        d, r = self.factors.shape[-2:]
        shape = (*sample_shape, *self.batch_shape, d + r)
        noise = torch.randn(shape, dtype=self.loc.dtype, device=self.loc.device)
        own, shared = noise.split([d, r], -1)
        return torch.addcmul(self.loc, self.scale, own + matvec(self.factors, shared))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density, of the batch's shape.

        With r = (z − μ) / σ the quadratic form is rᵀ (I + W Wᵀ)⁻¹ r = |r − W η|² + |η|² at the η
        that makes it least, (I + Wᵀ W)⁻¹ Wᵀ r: two sums of squares, and no difference of them.
        """
        r = (value - self.loc) / self.scale
        eta = self._solve(matvec(self.factors.mT, r))
        square = (r - matvec(self.factors, eta)).square().sum(-1) + eta.square().sum(-1)
        constant = HALF_LOG_TAU * math.prod(self.event_shape)
        return -0.5 * square - self.half_log_det - constant

    def _solve(self, vectors: Tensor) -> Tensor:
        """Return (I + Wᵀ W)⁻¹ v, (..., *batch, R)."""
        inverse = torch.cholesky_inverse(self.inner)
        return matvec(inverse, vectors)


@register_kl(LowRankNormal, StandardNormal)
def kl_low_rank_standard(q: LowRankNormal, p: StandardNormal) -> Tensor:
    """Return ½ Σ [σ² (1 + Σᵣ W²) + μ² − 1] − ½ log|covariance|, of the batch's shape."""
    return 0.5 * (q.variance + q.loc.square() - 1).sum(-1) - q.half_log_det


@register_kl(LowRankNormal, DiagonalNormal)
def kl_low_rank_diagonal(q: LowRankNormal, p: DiagonalNormal) -> Tensor:
    """Return ½ Σ [(var_q + (μ_q − μ_p)²) / σ_p² − 1] + Σ log σ_p − ½ log|covariance of q|."""
    ratio = (q.variance + (q.loc - p.loc).square()) / p.scale.square()
    return (0.5 * (ratio - 1) + p.log_scale).sum(-1) - q.half_log_det
