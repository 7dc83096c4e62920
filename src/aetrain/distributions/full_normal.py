"""The normal distribution with a full covariance."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution, register_kl

from aetrain.distributions.diagonal_normal import HALF_LOG_TAU, DiagonalNormal
from aetrain.distributions.matvec import matvec, solve_lower
from aetrain.distributions.standard_normal import StandardNormal


@final
class FullNormal(Distribution):
    """N(μ, L Lᵀ) with a lower triangular L whose log diagonal is at hand.

    Arguments:
        loc: μ, (*batch, D).
        factor: L, (*batch, D, D), lower triangular.
        log_diagonal: log Lᵢᵢ, (*batch, D).

    References:
        Kingma, Welling: An introduction to variational autoencoders, section 2.5.1. 2019.
        https://arxiv.org/abs/1906.02691
    """

    has_rsample = True
    arg_constraints = {}  # pyright: ignore

    def __init__(self, loc: Tensor, factor: Tensor, log_diagonal: Tensor) -> None:
        self.loc, self.factor, self.log_diagonal = loc, factor, log_diagonal
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """μ."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """Σⱼ Lᵢⱼ², the diagonal of the covariance."""
        return self.factor.square().sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return μ + L ε, (*sample_shape, *batch, D)."""
        shape = (*sample_shape, *self.loc.shape)
        noise = torch.randn(shape, dtype=self.loc.dtype, device=self.loc.device)
        return self.loc + matvec(self.factor, noise)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return −½ |L⁻¹ (z − μ)|² − Σ log Lᵢᵢ − ½ D log 2π, of the batch's shape."""
        square = solve_lower(self.factor, value - self.loc).square().sum(-1)
        constant = HALF_LOG_TAU * math.prod(self.event_shape)
        return -0.5 * square - self.log_diagonal.sum(-1) - constant


@register_kl(FullNormal, StandardNormal)
def kl_full_standard(q: FullNormal, p: StandardNormal) -> Tensor:
    """Return ½ (|L|² + |μ|² − D) − Σ log Lᵢᵢ, |L|² the sum of all squares, of the batch's shape."""
    squares = q.factor.square().sum(-1) + q.loc.square()
    return (0.5 * (squares - 1) - q.log_diagonal).sum(-1)


@register_kl(FullNormal, DiagonalNormal)
def kl_full_diagonal(q: FullNormal, p: DiagonalNormal) -> Tensor:
    """Return ½ Σ [(Σⱼ Lᵢⱼ² + (μ_q − μ_p)²) / σ² − 1] + Σ log σ − log Lᵢᵢ, of the batch's shape."""
    squares = q.factor.square().sum(-1) + (q.loc - p.loc).square()
    ratio = squares / p.scale.square()
    return (0.5 * (ratio - 1) + (p.log_scale - q.log_diagonal)).sum(-1)


@register_kl(FullNormal, FullNormal)
def kl_full_full(q: FullNormal, p: FullNormal) -> Tensor:
    """Return ½ (|L_p⁻¹ L_q|² + |L_p⁻¹ (μ_q − μ_p)|² − D) + Σ log L_p,ᵢᵢ − log L_q,ᵢᵢ."""
    return _kl_to_full(q.factor, q.loc, q.log_diagonal, p)


@register_kl(DiagonalNormal, FullNormal)
def kl_diagonal_full(q: DiagonalNormal, p: FullNormal) -> Tensor:
    """Return ½ (|L⁻¹ diag σ|² + |L⁻¹ (μ_q − μ_p)|² − D) + Σ log Lᵢᵢ − log σ."""
    scale = q.scale.expand_as(q.loc)
    return _kl_to_full(scale.diag_embed(), q.loc, q.log_scale.expand_as(q.loc), p)


@register_kl(StandardNormal, FullNormal)
def kl_standard_full(q: StandardNormal, p: FullNormal) -> Tensor:
    """Return ½ (|L⁻¹|² + |L⁻¹ μ|² − D) + Σ log Lᵢᵢ."""
    return _kl_to_full((q.zero + 1).diag_embed(), q.zero, q.zero, p)


def _kl_to_full(factor: Tensor, loc: Tensor, log_diagonal: Tensor, p: FullNormal) -> Tensor:
    difference = (loc - p.loc).unsqueeze(-1)
    both = torch.cat([factor.expand(*difference.shape[:-1], -1), difference], -1)
    square = torch.linalg.solve_triangular(p.factor, both, upper=False).square().sum((-2, -1))
    return 0.5 * (square - loc.shape[-1]) + (p.log_diagonal - log_diagonal).sum(-1)
