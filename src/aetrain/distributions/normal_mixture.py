"""Mixtures of diagonal normal distributions."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from aetrain.distributions.diagonal_normal import HALF_LOG_TAU, DiagonalNormal
from aetrain.distributions.mixture import Mixture


@final
class NormalMixture(Mixture):
    """Σₖ πₖ N(z; μₖ, diag σₖ²) with π = softmax(logits).

    The squares are expanded, Σ (z − μ)²/σ² = Σ z²/σ² − 2 z μ/σ² + μ²/σ², so that the density is two
    matrix products, and memory is that of the components' log densities, not D times as much. The
    terms cancel, so the sums are in float64; where a device has none (mps), they are not expanded.

    Arguments:
        loc: means μ, (K, D).
        log_scale: log σ, (K, D).
        logits: unnormalised log π, (K,).
    """

    def __init__(self, loc: Tensor, log_scale: Tensor, logits: Tensor) -> None:
        self.log_scale = log_scale
        super().__init__(loc, logits)

    @property
    def variances(self) -> Tensor:
        """σₖ², (K, D)."""
        return (2 * self.log_scale).exp()

    def divergences(self, q: DiagonalNormal) -> Tensor:
        """Return Σ ½ [((μ_q − μₖ)² + σ_q²) / σₖ² − 1] + log σₖ − log σ_q, (*batch, K)."""
        ratio = (q.loc.unsqueeze(-2) - self.loc).square() + q.scale.square().unsqueeze(-2)
        logs = self.log_scale - q.log_scale.unsqueeze(-2)
        return (0.5 * (ratio * (-2 * self.log_scale).exp() - 1) + logs).sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, D), differentiable in the chosen components' μ and σ."""
        shape = torch.Size(sample_shape)
        k = self.draw_components(shape)
        loc = self.loc[k]
        draws = torch.addcmul(loc, self.log_scale[k].exp(), torch.randn_like(loc))
        return draws.reshape(*shape, *self.event_shape)

    def joint(self, value: Tensor) -> Tensor:
        """Return log πₖ N(z; μₖ, σₖ²), (..., K), in float64 where the device has it."""
        if value.device.type == "mps":
            square = ((value.unsqueeze(-2) - self.loc) * (-self.log_scale).exp()).square()
            elements = 0.5 * square + (self.log_scale + HALF_LOG_TAU)
            return log_softmax(self.logits, -1) - elements.sum(-1)
        z, loc, log_scale = value.double(), self.loc.double(), self.log_scale.double()
        precision = (-2 * log_scale).exp()
        pull = precision * loc
        constant = (0.5 * pull * loc + log_scale).sum(-1) + math.prod(
            self.event_shape
        ) * HALF_LOG_TAU
        log_weights = log_softmax(self.logits.double(), -1) - constant
        return log_weights + z @ pull.mT - 0.5 * (z.square() @ precision.mT)
