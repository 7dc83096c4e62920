"""The evidence log p(x) by annealed importance sampling, from below and from above."""

import math
from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.evaluation.evidence.transitions import (
    FIRST_STEP,
    GAIN,
    TARGET,
    Bridge,
    hamiltonian,
)


@final
class Annealed(NamedTuple):
    """What chains say of each example, (B,).

    Attributes:
        log_evidence: log 1/C Σ w, whose mean is at most log p(x); or −log 1/C Σ 1/w of chains that
            ran backwards from a draw of p(z|x), whose mean is at least log p(x).
        effective: effective sample size (Σ w)² / Σ w² of the C chains, from 1 to C.
        acceptance: mean over chains and temperatures.
    """

    log_evidence: Tensor
    effective: Tensor
    acceptance: Tensor


@torch.no_grad()
def adapted_steps(bridge: Bridge, z: Tensor) -> list[Tensor]:
    """Return a step size for each temperature and example, T tensors (B,), from a first pass.

    log ε follows (acceptance − 0.65) from one temperature to the next. The pass that counts uses
    what is found here and adapts nothing, so that its weights stay exactly unbiased for p(x).

    Arguments:
        bridge: the path.
        z: draws of p₀, (C, B, D), one or more for each example.
    """
    steps: list[Tensor] = []
    log_step = z.new_full((z.shape[1],), math.log(FIRST_STEP))
    for t in range(1, len(bridge.betas)):
        z, acceptance = hamiltonian(z, bridge.at(t), log_step.exp())
        log_step = log_step + GAIN * (acceptance.mean(0) - TARGET)
        steps.append(log_step.exp())
    return steps


@torch.no_grad()
def ais(bridge: Bridge, z: Tensor, steps: list[Tensor]) -> Annealed:
    """Return log p(x) by chains from p₀(z) to p(x, z): a lower bound in the mean.

    log w = Σₜ (βₜ − βₜ₋₁) log r(zₜ₋₁), where zₜ is a transition of fₜ from zₜ₋₁, and E w = p(x).

    Arguments:
        bridge: the path.
        z: draws of p₀, (C, B, D).
        steps: step sizes of each transition, see `adapted_steps`.

    References:
        Neal: Annealed importance sampling. 2001. https://arxiv.org/abs/physics/9803008
        Wu, Burda, Salakhutdinov, Grosse: On the quantitative analysis of decoder-based generative
        models. 2017. https://arxiv.org/abs/1611.04273
    """
    log_w = z.new_zeros(z.shape[:2])
    accepted = z.new_zeros(z.shape[1])
    for t in range(1, len(bridge.betas)):
        log_w = log_w + (bridge.betas[t] - bridge.betas[t - 1]) * bridge.ratio(z)
        z, acceptance = hamiltonian(z, bridge.at(t), steps[t - 1])
        accepted = accepted + acceptance.mean(0)
    return _annealed(log_w, accepted / (len(bridge.betas) - 1), 1.0)


@torch.no_grad()
def reverse_ais(bridge: Bridge, z: Tensor, steps: list[Tensor]) -> Annealed:
    """Return log p(x) by chains that go back to p₀ from a draw of p(z|x): an upper bound.

    Such a draw is known where x itself was drawn: z ~ p(z), x ~ p(x|z). What lies between this and
    `ais` for the same x is how far either can be from log p(x).

    Arguments:
        bridge: the path.
        z: draws of p(z|x), (C, B, D); the C chains of an x may all begin at the same one.
        steps: step sizes of each transition.

    References:
        Grosse, Ghahramani, Adams: Sandwiching the marginal likelihood using bidirectional Monte
        Carlo. 2015. https://arxiv.org/abs/1511.02543
    """
    log_w = z.new_zeros(z.shape[:2])
    accepted = z.new_zeros(z.shape[1])
    for t in range(len(bridge.betas) - 1, 0, -1):
        z, acceptance = hamiltonian(z, bridge.at(t), steps[t - 1])
        accepted = accepted + acceptance.mean(0)
        log_w = log_w + (bridge.betas[t] - bridge.betas[t - 1]) * bridge.ratio(z)
    return _annealed(log_w, accepted / (len(bridge.betas) - 1), -1.0)


def _annealed(log_w: Tensor, acceptance: Tensor, sign: float) -> Annealed:
    """Return the estimate from log weights (C, B); sign −1 where 1/w is unbiased for 1/p(x)."""
    log_w = sign * log_w
    total = log_w.logsumexp(0)
    effective = (2 * total - (2 * log_w).logsumexp(0)).exp()
    return Annealed(sign * (total - math.log(len(log_w))), effective, acceptance)
