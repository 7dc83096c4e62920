"""Annealed importance sampling on x = W z + b + σ ε, whose evidence and posterior are known."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from aetrain.evaluation.evidence.ais import adapted_steps, ais, reverse_ais
from aetrain.evaluation.evidence.transitions import Bridge, hamiltonian, sigmoid_schedule
from tests.evaluation.test_importance import EVIDENCE, LATENT, PRIOR, X, decode, posterior

CHAINS = 64


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def bridge(x: Tensor = X, temperatures: int = 200) -> Bridge:
    return Bridge(PRIOR.log_prob, lambda z: decode(z).log_prob(x), sigmoid_schedule(temperatures))


def start(chains: int = CHAINS, n: int = len(X)) -> Tensor:
    return PRIOR.sample((chains, n))


def test_the_closed_form_within_two_standard_errors():
    """The error of a mean over independent chains' weights, as TARGETS.md asks."""
    found = ais(bridge(), start(), adapted_steps(bridge(), start(8)))
    # log of a mean of C weights with effective size E has about the variance (C/E − 1) / C
    error = ((CHAINS / found.effective - 1) / CHAINS).sqrt()
    assert ((found.log_evidence - EVIDENCE).abs() < 4 * error).all()
    mean = (found.log_evidence - EVIDENCE).mean().abs()
    assert mean < 2 * error.square().sum().sqrt() / len(X)
    assert error.max() < 0.2
    assert (found.effective > 0.3 * CHAINS).all()
    assert (found.acceptance - 0.65).abs().max() < 0.25


def test_weights_are_unbiased_with_few_temperatures():
    """E w = p(x) however coarse the path, with step sizes that were fixed beforehand."""
    times = 30
    path = bridge(X.repeat(times, 1), temperatures=4)
    steps = [torch.full((times * len(X),), 0.2, dtype=X.dtype)] * 4
    found = ais(path, start(500, times * len(X)), steps).log_evidence.view(times, -1)
    weights = (found - EVIDENCE).exp()
    error = weights.std(0) / math.sqrt(times)
    assert ((weights.mean(0) - 1).abs() < 4 * error).all()


def test_forward_and_reverse_enclose_the_evidence_and_close_in_on_it():
    times, gaps = 40, []
    x = X.repeat(times, 1)
    for temperatures in (10, 40):
        path = bridge(x, temperatures)
        steps = adapted_steps(path, start(4, len(x)))
        exact = posterior(x).sample().expand(4, len(x), LATENT).clone()
        below = ais(path, start(4, len(x)), steps).log_evidence.view(times, -1)
        above = reverse_ais(path, exact, steps).log_evidence.view(times, -1)
        for gap in (EVIDENCE - below, above - EVIDENCE):
            assert gap.mean() > 0
            assert (gap.mean(0) > -4 * gap.std(0) / math.sqrt(times)).all()
        gaps.append((above - below).mean())
    assert gaps[1] < 0.6 * gaps[0]


def test_a_transition_leaves_its_density_as_it_is():
    """Draws of the exact posterior are draws of it afterwards; a Kolmogorov distance would tell."""
    q = posterior(X)
    z = q.sample((20_000,))
    moved = hamiltonian(z, bridge().at(200), torch.full((len(X),), 0.15, dtype=X.dtype))
    assert 0.5 < moved.acceptance.mean() < 1
    assert (moved.z != z).any(-1).double().mean() > 0.5
    error = q.variance.sqrt() / math.sqrt(len(z))
    assert ((moved.z.mean(0) - q.mean).abs() < 5 * error).all()
    spread = torch.stack([torch.cov(moved.z[:, i].T) for i in range(len(X))])
    assert isinstance(q, MultivariateNormal)
    torch.testing.assert_close(spread, q.covariance_matrix, rtol=0.05, atol=2e-3)


def test_a_step_that_is_far_too_large_is_never_taken():
    z = start(10)
    for size in (1e3, 1e200):
        step = torch.full((len(X),), size, dtype=X.dtype)
        moved = hamiltonian(z, lambda z: -0.5 * z.square().sum(-1), step)
        assert torch.equal(moved.z, z)
        assert moved.acceptance.max() == 0


def test_examples_do_not_mix():
    steps = adapted_steps(bridge(), start(8))
    far = torch.cat([X[:3], X[3:] + 30.0])
    torch.manual_seed(1)
    one = ais(bridge(), start(), steps).log_evidence
    torch.manual_seed(1)
    other = ais(bridge(far), start(), steps).log_evidence
    torch.testing.assert_close(one[:3], other[:3], rtol=0, atol=1e-9)


@pytest.mark.parametrize("temperatures", [1, 2, 200])
def test_schedule(temperatures: int):
    betas = torch.tensor(sigmoid_schedule(temperatures))
    assert len(betas) == temperatures + 1
    assert betas[0] == 0
    assert betas[-1] == 1
    assert (betas.diff() > 0).all()
    torch.testing.assert_close(betas, 1 - betas.flip(0))


def test_one_temperature_is_importance_sampling_from_the_prior():
    z = start(50)
    found = ais(bridge(temperatures=1), z, [torch.full((len(X),), 0.1, dtype=X.dtype)])
    wanted = decode(z).log_prob(X).logsumexp(0) - math.log(50)
    torch.testing.assert_close(found.log_evidence, wanted)
    weights = (decode(z).log_prob(X) - decode(z).log_prob(X).amax(0)).exp()
    torch.testing.assert_close(found.effective, weights.sum(0) ** 2 / weights.square().sum(0))
