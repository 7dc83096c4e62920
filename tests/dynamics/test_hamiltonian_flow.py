"""Hamiltonian dynamics as a posterior, on a model whose evidence is known: x = W z + b + σ ε."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.dynamics.hamiltonian_flow import HamiltonianFlow
from aetrain.dynamics.leapfrog import leapfrog
from aetrain.errors import UserError
from aetrain.objectives.rate import rate, rates

D, LATENT, SIGMA, N = 6, 2, 0.7, 4
G = torch.Generator().manual_seed(0)
W = torch.randn(D, LATENT, dtype=torch.float64, generator=G)
X = 1.5 * torch.randn(N, D, dtype=torch.float64, generator=G)
M = W.T @ W + SIGMA**2 * torch.eye(LATENT, dtype=torch.float64)
EVIDENCE = MultivariateNormal(
    torch.zeros(D, dtype=torch.float64), W @ W.T + SIGMA**2 * torch.eye(D, dtype=torch.float64)
).log_prob(X)
EXACT = torch.linalg.solve(M, W.T @ X.T).T
PRIOR = StandardNormal(torch.zeros(LATENT, dtype=torch.float64), 1)
COOLING = torch.tensor([-0.1, -0.3, -0.2], dtype=torch.float64)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def log_joint(z: Tensor) -> Tensor:
    scale = torch.full((), math.log(SIGMA), dtype=torch.float64)
    return DiagonalNormal(z @ W.T, scale, 1).log_prob(X) + PRIOR.log_prob(z)


def force(z: Tensor) -> Tensor:
    return (X - z @ W.T) @ W / SIGMA**2 - z


def base(off: float = 0.3, wide: float = 1.5) -> DiagonalNormal:
    """A Gaussian beside the exact posterior and wider than it."""
    deviation = SIGMA * torch.linalg.inv(M).diagonal().sqrt()
    return DiagonalNormal(EXACT + off, (wide * deviation).log().expand(N, LATENT), 1)


def flow(log_scales: Tensor = COOLING, step: float = 0.1) -> HamiltonianFlow:
    return HamiltonianFlow(base(), force, torch.full((LATENT,), step).double(), log_scales)


def weights(q: HamiltonianFlow, n: int) -> Tensor:
    z = q.sample((n,))
    return log_joint(z) - q.log_prob(z)


def test_the_density_of_the_pair_is_that_of_the_jacobian() -> None:
    """log base(z₀) + log N(γ) − log|det ∂(z_K, ρ_K) / ∂(z₀, γ)|, by autograd."""
    q = flow()
    torch.manual_seed(1)
    z = q.rsample()
    torch.manual_seed(1)
    start = q.base.rsample()
    noise = torch.randn_like(start)

    def moved(pair: Tensor) -> Tensor:
        a, b = pair.split(N * LATENT)
        rho = b.view(N, LATENT) * (-COOLING.sum()).exp()
        scales = COOLING.exp().unbind()
        return torch.cat(
            [m.flatten() for m in leapfrog(a.view(N, LATENT), rho, force, q.step, scales)]
        )

    pair = torch.cat([start.flatten(), noise.flatten()])
    end, momentum = (part.view(N, LATENT) for part in moved(pair).split(N * LATENT))
    torch.testing.assert_close(end, z)
    jacobian = torch.autograd.functional.jacobian(moved, pair)
    log_det = torch.linalg.slogdet(jacobian)[1]
    of_pair = q.base.log_prob(start) + PRIOR.log_prob(noise)
    found = q.log_prob(z) + PRIOR.log_prob(momentum)
    torch.testing.assert_close(found.sum(), of_pair.sum() - log_det)


@pytest.mark.parametrize("log_scales", [COOLING, torch.zeros(3).double(), COOLING[:1]])
def test_weights_have_the_mean_of_the_evidence(log_scales: Tensor) -> None:
    n = 200_000
    ratio = (weights(flow(log_scales), n) - EVIDENCE).exp()
    error = 4.5 * ratio.std(0) / math.sqrt(n)
    assert ((ratio.mean(0) - 1).abs() < error).all()
    assert (error < 0.1).all()


def far_off(log_scales: Tensor) -> HamiltonianFlow:
    """Return a flow whose base is beside the exact posterior and too wide."""
    step = torch.full((LATENT,), 0.1).double()
    return HamiltonianFlow(base(off=0.8, wide=2.5), force, step, log_scales)


def test_a_cooling_momentum_makes_the_bound_tighter() -> None:
    n = 50_000
    moved, still = weights(far_off(COOLING), n), weights(far_off(COOLING[:0]), n)
    error = 4.5 * (moved.std(0) + still.std(0)) / math.sqrt(n)
    assert (moved.mean(0) > still.mean(0) + error).all()
    assert (moved.mean(0) < EVIDENCE + error).all()


def test_without_cooling_energy_is_kept_and_so_is_the_bound() -> None:
    """Draw by draw, up to the leapfrog's error: log p(x, z) − ½ |ρ|² does not change."""
    q = HamiltonianFlow(base(), force, 1e-3, torch.zeros(20).double())
    torch.manual_seed(1)
    moved = weights(q, 100)
    torch.manual_seed(1)
    still = weights(HamiltonianFlow(base(), force, 1e-3, torch.zeros(0).double()), 100)
    torch.testing.assert_close(moved, still, rtol=0, atol=1e-4)


def test_bounds_of_several_weights_rise_to_the_evidence() -> None:
    q, times = far_off(COOLING), 2000
    means = []
    for k in (1, 10, 100):
        estimates = weights(q, times * k).view(times, k, N).logsumexp(1) - math.log(k)
        assert (estimates.mean(0) < EVIDENCE + 4.5 * estimates.std(0) / math.sqrt(times)).all()
        means.append(estimates.mean())
    assert means[0] < means[1] < means[2]
    assert EVIDENCE.mean() - means[2] < 0.1


def test_the_rate_and_the_distortion_make_the_bound() -> None:
    """On the same draws, up to what E log base(z₀) is known exactly."""
    n, q = 100_000, flow()
    z = q.sample((n,))
    plain = q.log_prob(z) - PRIOR.log_prob(z)
    error = 4.5 * plain.std(0) / math.sqrt(n)
    assert ((rate(q, z, PRIOR) - plain.mean(0)).abs() < error).all()
    assert rates(q, z, PRIOR) is None


def test_without_steps_nothing_is_changed() -> None:
    q = flow(COOLING[:0])
    torch.manual_seed(1)
    z = q.rsample((5,))
    torch.manual_seed(1)
    assert torch.equal(z, base().rsample((5,)))
    assert torch.equal(q.log_prob(z), base().log_prob(z))
    assert torch.equal(rate(q, z, PRIOR), kl_divergence(base(), PRIOR))
    assert torch.equal(q.mean, base().mean)


def test_the_mean_moves_towards_the_exact_posteriors() -> None:
    q = flow(torch.zeros(3).double())
    assert ((q.mean - EXACT).norm(dim=-1) < (base().mean - EXACT).norm(dim=-1)).all()


def test_other_tensors_than_the_last_draw_are_refused() -> None:
    q = flow()
    first = q.sample()
    second = q.sample()
    assert q.log_prob(second).shape == (N,)
    for other in (first, second.clone()):
        with pytest.raises(UserError, match="knows the density of its last draw alone: use obj"):
            q.log_prob(other)
