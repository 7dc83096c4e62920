"""The angle between a von Mises–Fisher draw and its mean direction."""

import math
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Gamma

from aetrain.distributions.constant import constant

PROPOSALS = 16
NODES = 48
REACH = 12.0


def polar_angle(concentration: Tensor, gap: Tensor, dimensions: int, sample_shape: Any) -> Tensor:
    """Draw θ with the density ∝ exp(κ cos θ) sin^(m−2) θ on (0, π), (*sample_shape, *batch).

    Wood's proposals, of which two thirds and more are accepted, 16 at a time: all of them are
    refused with a probability below 10⁻⁷, and then the first is taken. The gradient by κ is the
    implicit one, dθ/dκ = −∂F(θ; κ)/∂κ / f(θ; κ), by Gauss–Legendre quadrature; it holds for θ
    however it was drawn, so that no term for acceptance is needed.

    Arguments:
        concentration: κ, (*batch,).
        gap: 1 − E cos θ, (*batch,).
        dimensions: m, at least 2.
        sample_shape: dimensions in front.

    References:
        Wood: Simulation of the von Mises Fisher distribution. 1994.
        https://doi.org/10.1080/03610919408813161
        Figurnov, Mohamed, Mnih: Implicit reparameterization gradients. 2018.
        https://arxiv.org/abs/1805.08498
    """
    with torch.no_grad():
        theta = _wood(concentration, dimensions, torch.Size(sample_shape))
    return _Implicit.apply(concentration, gap.detach(), theta, dimensions)  # pyright: ignore


def _wood(kappa: Tensor, m: int, sample_shape: torch.Size) -> Tensor:
    """Return θ from the half-versine h = sin² θ/2 = b ε / (1 − (1 − b) ε), ε ~ Beta.

    Cosines near 1 would lose what little distinguishes great κ; h does not.
    """
    kappa = kappa.expand(sample_shape + kappa.shape).unsqueeze(-1)
    b = (m - 1) / (2 * kappa + (4 * kappa * kappa + (m - 1) ** 2).sqrt())
    shape = (*kappa.shape[:-1], PROPOSALS)
    half = kappa.new_full((), 0.5 * (m - 1))
    gamma = Gamma(half, torch.ones_like(half), validate_args=False).sample((2, *shape))
    h = b * gamma[0] / (b * gamma[0] + gamma[1])
    # κ w + (m − 1) log(1 − x₀ w) less its maximum, at w = x₀ = (1 − b) / (1 + b), w = 1 − 2 h
    ratio = (1 + b) * (b + (1 - b) * h) / (2 * b)
    log_accept = 2 * kappa * (b / (1 + b) - h) + (m - 1) * ratio.log()
    accepted = log_accept + torch.empty_like(h).exponential_() >= 0
    first = accepted.to(torch.uint8).argmax(-1, keepdim=True)
    return 2 * h.gather(-1, first).squeeze(-1).sqrt().clamp(max=1).asin()


class _Implicit(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, kappa: Tensor, gap: Tensor, theta: Tensor, m: int) -> Tensor:
        ctx.save_for_backward(kappa, gap, theta)
        ctx.m = m
        return theta.clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor, None, None, None]:
        kappa, gap, theta = ctx.saved_tensors
        by_kappa = gradients[0] * _slope(kappa, gap, theta, ctx.m)
        return by_kappa.sum_to_size(kappa.shape), None, None, None


def _slope(kappa: Tensor, gap: Tensor, theta: Tensor, m: int) -> Tensor:
    """Return dθ/dκ = −∫₀^θ (cos φ − A) f(φ) dφ / f(θ), which is ∫ from θ to π as well.

    On the side of the mean on which θ lies the integrand has one sign, so nothing cancels; 12
    standard deviations are more than its mass.
    """
    inward = 2 * (0.5 * theta).sin().square() < gap
    reach = REACH * (kappa + m).rsqrt()
    room = torch.where(inward, theta, (math.pi - theta).clamp_min(0))
    length = torch.minimum(room, reach)
    nodes, weights = (constant(a, theta.dtype, theta.device) for a in _legendre())
    direction = torch.where(inward, -1.0, 1.0)
    phi = theta.unsqueeze(-1) + (direction * length).unsqueeze(-1) * nodes
    deviation = gap.unsqueeze(-1) - 2 * (0.5 * phi).sin().square()
    half = 0.5 * theta.unsqueeze(-1)
    cosines = 2 * (half - 0.5 * phi).sin() * (half + 0.5 * phi).sin()  # cos φ − cos θ
    sines = _log_sin(phi) - _log_sin(theta).unsqueeze(-1)
    density = (kappa.unsqueeze(-1) * cosines + (m - 2) * sines).exp()
    return direction * length * (deviation * density * weights).sum(-1)


def _log_sin(angle: Tensor) -> Tensor:
    return angle.sin().clamp_min(torch.finfo(angle.dtype).tiny).log()


@cache
def _legendre() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return nodes and weights on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return tuple((0.5 * (nodes + 1)).tolist()), tuple((0.5 * weights).tolist())
