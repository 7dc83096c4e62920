"""Hamiltonian transitions along a path of densities from p₀(z) to p(x, z)."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.dynamics.leapfrog import leapfrog

LEAPS = 10
"""Leapfrog steps of one transition."""
TARGET = 0.65
"""Acceptance that the step size is adapted to."""
FIRST_STEP = 0.2
GAIN = 0.2
"""How much of the difference to TARGET the log step size follows at each temperature."""

LogDensity = Callable[[Tensor], Tensor]
"""z (C, B, D) -> log density, (C, B)."""


@final
class Bridge(NamedTuple):
    """log fₜ(z) = log p₀(z) + βₜ log r(z), with log r = log p(x, z) − log p₀(z).

    Attributes:
        start: log p₀.
        ratio: log r; log p(x|z) where p₀ is the prior.
        betas: β₀ = 0 < ... < β_T = 1.
    """

    start: LogDensity
    ratio: LogDensity
    betas: Sequence[float]

    def at(self, t: int) -> LogDensity:
        """Return log fₜ."""
        return lambda z: self.start(z) + self.betas[t] * self.ratio(z)


@final
class Moved(NamedTuple):
    """Where a transition led: z (C, B, D), and min(1, e^−ΔH) of each chain, (C, B)."""

    z: Tensor
    acceptance: Tensor


def sigmoid_schedule(temperatures: int, spread: float = 4.0) -> list[float]:
    """Return β₀ = 0, ..., β_T = 1: a sigmoid, so that steps are small at both ends.

    Arguments:
        temperatures: T, at least 1.
        spread: the sigmoid is taken from −spread to spread.

    References:
        Wu, Burda, Salakhutdinov, Grosse: On the quantitative analysis of decoder-based generative
        models. 2017. https://arxiv.org/abs/1611.04273
    """
    s = torch.linspace(-spread, spread, temperatures + 1, dtype=torch.float64).sigmoid()
    return ((s - s[0]) / (s[-1] - s[0])).tolist()


def hamiltonian(z: Tensor, log_density: LogDensity, step: Tensor) -> Moved:
    """Return z after one transition that leaves a density invariant and is reversible.

    A momentum ρ ~ N(0, I) is drawn, ten leapfrog steps are gone, and the end is accepted with
    probability min(1, e^−ΔH), H = −log f(z) + ½ |ρ|²; an end that is not finite is not.

    Arguments:
        z: (C, B, D).
        log_density: log f, differentiable.
        step: ε, (B,), which is none of the chain's doing.

    References:
        Neal: MCMC using Hamiltonian dynamics. 2011. https://arxiv.org/abs/1206.1901
    """

    def force(at: Tensor) -> Tensor:
        with torch.enable_grad():
            leaf = at.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(log_density(leaf).sum(), leaf)
        return gradient

    momentum = torch.randn_like(z)
    end, last = leapfrog(z, momentum, force, step[:, None], [1.0] * LEAPS)
    end = torch.where(end.isfinite().all(-1, keepdim=True), end, z)
    gain = log_density(end) - log_density(z) - 0.5 * (last.square() - momentum.square()).sum(-1)
    acceptance = gain.nan_to_num(nan=-torch.inf, posinf=0.0).clamp(max=0).exp()
    taken = torch.rand_like(acceptance) < acceptance
    return Moved(torch.where(taken[..., None], end, z), acceptance)
