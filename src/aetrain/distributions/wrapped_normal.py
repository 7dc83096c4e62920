"""The wrapped normal distribution on a Poincaré ball."""

from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution, kl_divergence

from aetrain.distributions.centred_wrapped_normal import CentredWrappedNormal
from aetrain.distributions.diagonal_normal import HALF_LOG_TAU, DiagonalNormal
from aetrain.distributions.own_rate import OwnRate
from aetrain.distributions.poincare_ball import add, exp_zero, log_volume, log_zero, minus, point


@final
class WrappedNormal(OwnRate):
    """q(z) of z = μ ⊕ exp₀(v), v ~ N(0, diag σ²), where μ = exp₀(m).

    log q(z) = log N(v; 0, σ²) − (D − 1) log(sinh(√c |v|) / (√c |v|)), with respect to the ball's
    own volume (2 / (1 − c|z|²))ᴰ dz. Lengths are Riemannian: |v| is the distance of z from μ, and
    for c -> 0 the density is that of N(m, diag σ²) at 2 z. The v of the very tensor that was drawn
    last is remembered; that of others is the logarithm at μ.

    Arguments:
        loc: m, (*batch, D).
        log_scale: log σ, of the same shape.
        curvature: c; the ball's curvature is −c.

    References:
        Mathieu, Le Lan, Maddison, Tomioka, Teh: Continuous hierarchical representations with
        Poincaré variational auto-encoders. 2019. https://arxiv.org/abs/1901.06033
        Nagano, Yamaguchi, Fujita, Koyama: A wrapped normal distribution on hyperbolic space for
        gradient-based learning. 2019. https://arxiv.org/abs/1902.02992
    """

    has_rsample = True
    arg_constraints = {}  # pyright: ignore

    def __init__(self, loc: Tensor, log_scale: Tensor, curvature: float) -> None:
        self.loc, self.log_scale, self.curvature = loc, log_scale, curvature
        self.scale = log_scale.exp()
        self._centre, _ = exp_zero(loc, curvature)
        self._drawn: tuple[Tensor, Tensor, Tensor, bool] | None = None
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """μ, the Riemannian mean: the point of the least mean squared distance from draws."""
        return self._centre.z

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, D)."""
        c, shape = self.curvature, (*sample_shape, *self.loc.shape)
        v = self.scale * torch.randn(shape, dtype=self.loc.dtype, device=self.loc.device)
        step, stretch = exp_zero(v, c)
        z = point(add(self._centre, step, c).z, c).z
        self._drawn = (z, v, stretch, torch.is_grad_enabled())
        return z

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws without a gradient."""
        with torch.no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log q(z), (..., *batch), for z (..., *batch, D)."""
        v, stretch = self._logarithm(value)
        elements = 0.5 * (v / self.scale).square() + (self.log_scale + HALF_LOG_TAU)
        return -elements.sum(-1) - log_volume(stretch, v.shape[-1])

    def rate(self, z: Tensor, prior: Distribution) -> Tensor:
        """Return KL(q ‖ p), (B,), from draws z (S, B, D).

        To a prior p around the centre, whose tangent vectors have the density p₀, it is
        KL(N(m, σ²) ‖ p₀) + E[log p₀(m + v) − log|det d exp₀(v)| − log p(z)]: what is estimated is
        what curvature adds, and nothing for c -> 0.
        """
        if not isinstance(prior, CentredWrappedNormal) or prior.curvature != self.curvature:
            return (self.log_prob(z) - prior.log_prob(z)).mean(0)
        v, stretch = self._logarithm(z)
        flat = DiagonalNormal(self.loc, self.log_scale, 1, self.scale)
        added = prior.tangent.log_prob(self.loc + v) - log_volume(stretch, v.shape[-1])
        return kl_divergence(flat, prior.tangent) + (added - prior.log_prob(z)).mean(0)

    def rates(self, z: Tensor, prior: Distribution) -> None:
        """Return None: hyperbolic space is no product of its dimensions."""

    def _logarithm(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """Return the v (..., *batch, D) with μ ⊕ exp₀(v) = z, and the stretch on the way."""
        if self._drawn is not None:
            drawn, v, stretch, differentiable = self._drawn
            # what was computed without a graph is of no use to who wants a gradient
            if value is drawn and (differentiable or not torch.is_grad_enabled()):
                return v, stretch
        c = self.curvature
        return log_zero(add(minus(self._centre), point(value, c), c), c)
