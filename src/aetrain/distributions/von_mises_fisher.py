"""The von Mises–Fisher distribution on the unit sphere."""

import math
from functools import cached_property
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution, register_kl

from aetrain.distributions.bessel import log_bessel
from aetrain.distributions.polar_angle import polar_angle
from aetrain.distributions.spherical_uniform import SphericalUniform, log_area


@final
class VonMisesFisher(Distribution):
    """log q(z) = κ μᵀz + log C_m(κ), C_m(κ) = κ^(m/2−1) / ((2π)^(m/2) I_{m/2−1}(κ)), |z| = 1.

    The density is with respect to area. Draws are differentiable in μ, by the rotation in the
    plane of μ and its change, and in κ, by the implicit derivative of the angle to μ.

    Arguments:
        loc: μ, (*batch, m), of length 1, m at least 2.
        concentration: κ, (*batch,), above 0.

    References:
        Davidson, Falorsi, De Cao, Kipf, Tomczak: Hyperspherical variational auto-encoders. 2018.
        https://arxiv.org/abs/1804.00891
        Figurnov, Mohamed, Mnih: Implicit reparameterization gradients. 2018.
        https://arxiv.org/abs/1805.08498
    """

    has_rsample = True
    arg_constraints = {}  # pyright: ignore

    def __init__(self, loc: Tensor, concentration: Tensor) -> None:
        self.loc, self.concentration = loc, concentration
        # once for all that is computed from it: at small κ the gradients of the parts cancel; on
        # the CPU where there is no float64
        self._wide = (concentration.cpu() if loc.device.type == "mps" else concentration).double()
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args=False)

    @cached_property
    def _bessel(self) -> tuple[Tensor, Tensor]:
        """log I_{m/2−1}(κ) − κ and A = I_{m/2}(κ) / I_{m/2−1}(κ), in float64."""
        return log_bessel(self._wide, 0.5 * self.loc.shape[-1] - 1)

    @property
    def log_peak(self) -> Tensor:
        """κ + log C_m(κ), the log density at μ, in float64, (*batch,)."""
        m = self.loc.shape[-1]
        constant = 0.5 * m * math.log(2 * math.pi)
        return (0.5 * m - 1) * self._wide.log() - constant - self._bessel[0]

    @property
    def mean(self) -> Tensor:
        """A μ, inside of the sphere."""
        return self._bessel[1].to(self.loc).unsqueeze(-1) * self.loc

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws cos θ μ + sin θ t, (*sample_shape, *batch, m), t ⟂ μ uniform."""
        gap = (1 - self._bessel[1].detach()).to(self.loc)
        theta = polar_angle(self.concentration, gap, self.loc.shape[-1], sample_shape).unsqueeze(-1)
        with torch.no_grad():
            fixed = self.loc
            noise = torch.randn_like(theta.expand(*theta.shape[:-1], fixed.shape[-1]))
            for _ in range(2):  # a second time for what the first left of μ in a short remainder
                noise = noise - (noise * fixed).sum(-1, keepdim=True) * fixed
                noise = noise / noise.norm(dim=-1, keepdim=True)
        # where μ turns by dμ, t does by −(tᵀ dμ) μ; tᵀ μ is 0 but for its gradient
        tangent = noise - (noise * self.loc).sum(-1, keepdim=True) * fixed.detach()
        return theta.cos() * self.loc + theta.sin() * tangent

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log q(z), of the batch's shape, as κ + log C_m(κ) − ½ κ |z − μ|²."""
        square = (value - self.loc).square().sum(-1)
        return self.log_peak.to(self.loc) - 0.5 * self.concentration * square


@register_kl(VonMisesFisher, SphericalUniform)
def kl_von_mises_fisher_uniform(q: VonMisesFisher, p: SphericalUniform) -> Tensor:
    """Return κ A + log C_m(κ) + log area, (*batch,).

    References:
        Davidson et al.: Hyperspherical variational auto-encoders, appendix B. 2018.
        https://arxiv.org/abs/1804.00891
    """
    a = q._bessel[1]
    kl = q.log_peak - q._wide * (1 - a) + log_area(q.loc.shape[-1])
    return kl.to(q.loc)
