"""Mixtures of diagonal normal distributions."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution
from torch.nn.functional import log_softmax

from aetrain.distributions.diagonal_normal import HALF_LOG_TAU


@final
class NormalMixture(Distribution):
    """Σₖ πₖ N(z; μₖ, diag σₖ²) with π = softmax(logits).

    The squares are expanded, Σ (z − μ)²/σ² = Σ z²/σ² − 2 z μ/σ² + μ²/σ², so that the density is two
    matrix products, and memory is that of the components' log densities, not D times as much. The
    terms cancel, so the sums are in float64; where a device has none (mps), they are not expanded.

    Arguments:
        loc: means μ, (K, D).
        log_scale: log σ, (K, D).
        logits: unnormalised log π, (K,).
    """

    arg_constraints = {}  # pyright: ignore

    def __init__(self, loc: Tensor, log_scale: Tensor, logits: Tensor) -> None:
        self.loc, self.log_scale, self.logits = loc, log_scale, logits
        super().__init__(torch.Size(), loc.shape[1:], validate_args=False)

    @property
    def has_rsample(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """True unless the weights are learned: no gradient passes the choice of a component."""
        return not self.logits.requires_grad

    @property
    def weights(self) -> Tensor:
        """π, (K,)."""
        return self.logits.softmax(-1)

    @property
    def mean(self) -> Tensor:
        """Σₖ πₖ μₖ, (D,)."""
        return (self.weights[:, None] * self.loc).sum(0)

    @property
    def variance(self) -> Tensor:
        """Σₖ πₖ (σₖ² + (μₖ − mean)²), (D,)."""
        squares = (2 * self.log_scale).exp() + (self.loc - self.mean).square()
        return (self.weights[:, None] * squares).sum(0)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(z), (...), for z (..., D)."""
        dtype = torch.promote_types(value.dtype, self.loc.dtype)
        return self._joint(value).logsumexp(-1).to(dtype)

    def responsibilities(self, value: Tensor) -> Tensor:
        """Return p(k|z), (..., K), for z (..., D)."""
        dtype = torch.promote_types(value.dtype, self.loc.dtype)
        return self._joint(value).softmax(-1).to(dtype)

    def log_responsibilities(self, value: Tensor) -> Tensor:
        """Return log p(k|z), (..., K), for z (..., D): finite where p(k|z) is 0 to all digits."""
        dtype = torch.promote_types(value.dtype, self.loc.dtype)
        return self._joint(value).log_softmax(-1).to(dtype)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, D), differentiable in the chosen components' μ and σ."""
        shape = torch.Size(sample_shape)
        k = torch.multinomial(self.weights.detach(), shape.numel(), replacement=True)
        loc = self.loc[k]
        draws = torch.addcmul(loc, self.log_scale[k].exp(), torch.randn_like(loc))
        return draws.reshape(*shape, *self.event_shape)

    def _joint(self, value: Tensor) -> Tensor:
        """Return log πₖ N(z; μₖ, σₖ²), (..., K)."""
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
