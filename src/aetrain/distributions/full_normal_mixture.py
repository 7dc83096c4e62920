"""Mixtures of normal distributions with full covariances."""

import math
from functools import cached_property
from typing import Any, final

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from aetrain.distributions.diagonal_normal import HALF_LOG_TAU, DiagonalNormal
from aetrain.distributions.matvec import matvec, solve_lower
from aetrain.distributions.mixture import Mixture


@final
class FullNormalMixture(Mixture):
    """Σₖ πₖ N(z; μₖ, Σₖ) with π = softmax(logits) and Σₖ⁻¹ = Wₖᵀ Wₖ, W lower triangular.

    W whitens: |W (z − μ)|² is the square in the density, which needs no inverse of anything.

    Arguments:
        loc: means μ, (K, D).
        whitening: W, (K, D, D), lower triangular, with the diagonal 1/σ.
        log_scale: log σ, (K, D).
        logits: unnormalised log π, (K,).
    """

    def __init__(self, loc: Tensor, whitening: Tensor, log_scale: Tensor, logits: Tensor) -> None:
        self.whitening, self.log_scale = whitening, log_scale
        super().__init__(loc, logits)

    @cached_property
    def factor(self) -> Tensor:
        """W⁻¹, (K, D, D), Σ = W⁻¹ W⁻ᵀ."""
        eye = torch.eye(self.loc.shape[-1], dtype=self.loc.dtype, device=self.loc.device)
        return torch.linalg.solve_triangular(self.whitening, eye, upper=False)

    @property
    def variances(self) -> Tensor:
        """diag Σₖ, (K, D)."""
        return self.factor.square().sum(-1)

    def divergences(self, q: DiagonalNormal) -> Tensor:
        """Return ½ (|Wₖ diag σ_q|² + |Wₖ (μ_q − μₖ)|² − D) + Σ log σₖ − log σ_q, (*batch, K)."""
        spread = matvec(self.whitening.square().sum(-2), q.scale.square())
        logs = self.log_scale.sum(-1) - q.log_scale.sum(-1, keepdim=True)
        return 0.5 * (spread + self._squares(q.loc) - q.loc.shape[-1]) + logs

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, D), differentiable in the chosen components' μ and W."""
        shape = torch.Size(sample_shape)
        k = self.draw_components(shape)
        loc = self.loc[k]
        draws = loc + solve_lower(self.whitening[k], torch.randn_like(loc))
        return draws.reshape(*shape, *self.event_shape)

    def joint(self, value: Tensor) -> Tensor:
        """Return log πₖ N(z; μₖ, Σₖ), (..., K)."""
        constant = self.log_scale.sum(-1) + math.prod(self.event_shape) * HALF_LOG_TAU
        return log_softmax(self.logits, -1) - constant - 0.5 * self._squares(value)

    def _squares(self, z: Tensor) -> Tensor:
        """Return |Wₖ (z − μₖ)|², (..., K), for z (..., D)."""
        return matvec(self.whitening, z.unsqueeze(-2) - self.loc).square().sum(-1)
