"""Gradients cut at a distribution's parameters, for every posterior and prior in conf/."""

import copy
from typing import Any

import pytest
import torch
from torch.distributions import Distribution, kl_divergence

from aetrain.build import build_model
from aetrain.distributions.autoregressive import Autoregressive
from aetrain.distributions.detached import detached
from aetrain.errors import UserError
from tests.battery import Case, cases, config, oracle
from tests.posteriors.space import family, points, raw_for
from tests.priors.space import points as prior_points
from tests.priors.space import prior

DENSITIES = [p for p in cases("posterior") if oracle(p.values[0]).log_prob]
PRIORS = [p for p in cases("prior") if oracle(p.values[0]).log_prob]
LATENT = 4

every_posterior = pytest.mark.parametrize("case", DENSITIES)
every_prior = pytest.mark.parametrize("case", PRIORS)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def posterior(case: Case) -> tuple[Distribution, Any, Any]:
    """Return q, its raw parameters with a gradient, and its family."""
    made = family(case, LATENT)
    raw = raw_for(made, 3).requires_grad_()
    return made(raw), raw, made


@every_posterior
def test_the_density_is_the_same_and_knows_no_parameter(case: Case) -> None:
    q, _, made = posterior(case)
    z = points(made, 2, 3)
    cut = detached(q)
    assert type(cut) is type(q)
    assert (cut.batch_shape, cut.event_shape) == (q.batch_shape, q.event_shape)
    found = cut.log_prob(z)
    assert torch.equal(found, q.log_prob(z))
    assert not found.requires_grad
    assert not cut.mean.requires_grad


@every_posterior
def test_the_distribution_itself_is_left_as_it_was(case: Case) -> None:
    q, raw, made = posterior(case)
    before = copy.copy(vars(q))
    detached(q)
    assert all(vars(q)[name] is value for name, value in before.items())
    own = [raw, *made.parameters()]
    found = torch.autograd.grad(q.log_prob(points(made, 3)).sum(), own, allow_unused=True)
    assert found[0] is not None
    assert found[0].any()


@every_posterior
def test_the_gradient_in_the_argument_is_the_whole_ones(case: Case) -> None:
    q, _, made = posterior(case)
    z = points(made, 2, 3).requires_grad_()
    of_q, of_cut = (torch.autograd.grad(d.log_prob(z).sum(), z)[0] for d in (q, detached(q)))
    assert torch.equal(of_q, of_cut)


@every_posterior
def test_a_draws_gradient_passes_through_the_draw_alone(case: Case) -> None:
    """∂ log sg(q)(z(φ)) = ∂z/∂φ ∇_z log q(z), φ the raw parameters and the family's own."""
    q, raw, made = posterior(case)
    own = [raw, *made.parameters()]
    z = q.rsample((2,))
    with torch.no_grad():
        fixed = z.clone()
    fixed.requires_grad_()
    path = torch.autograd.grad(q.log_prob(fixed).sum(), fixed)[0]
    expected = torch.autograd.grad(z, own, path, allow_unused=True, retain_graph=True)
    found = torch.autograd.grad(detached(q).log_prob(z).sum(), own, allow_unused=True)
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            torch.testing.assert_close(one, other, rtol=1e-7, atol=1e-8)


@every_posterior
def test_the_whole_gradient_is_path_and_score(case: Case) -> None:
    """∂ log q(z(φ)) = ∂ log sg(q)(z(φ)) + ∂ log q(sg z)."""
    q, raw, _ = posterior(case)
    z = q.rsample((2,))
    fixed = z.detach().clone()
    whole, path, score = (
        torch.autograd.grad(log_q.sum(), raw, retain_graph=True)[0]
        for log_q in (q.log_prob(z), detached(q).log_prob(z), q.log_prob(fixed))
    )
    torch.testing.assert_close(whole, path + score, rtol=1e-7, atol=1e-8)


@every_prior
def test_priors(case: Case) -> None:
    made = prior(case, 2 if case.choice == "swiss_roll" else LATENT)
    p = made()
    z = prior_points(made, 5)
    found = detached(p).log_prob(z)
    assert torch.equal(found, p.log_prob(z))
    assert not found.requires_grad
    assert p.log_prob(z).requires_grad == any(x.requires_grad for x in made.parameters())


def test_rates_of_a_detached_posterior() -> None:
    q, _, _ = posterior(Case("posterior", "diagonal_gaussian"))
    p = prior(Case("prior", "standard_normal"), LATENT)()
    assert torch.equal(kl_divergence(detached(q), p), kl_divergence(q, p))
    assert not kl_divergence(detached(q), p).requires_grad


def test_what_holds_a_function_is_refused() -> None:
    pixels = Autoregressive(lambda h, x: x, torch.zeros(1, 2), torch.Size((1,)), torch.Size((2,)))
    with pytest.raises(UserError, match="those of Autoregressive are not known: use objective="):
        detached(pixels)


@pytest.mark.parametrize("model", ["hierarchical_vae", "ladder_vae"])
def test_layers_and_what_their_prior_makes_use_of(model: str) -> None:
    """A prior that only borrows the encoder is cut from it too."""
    built = build_model(config(f"model={model}", "prior=vamp", "network.hidden=[8]"), (1, 4, 4))
    made, x = built.double(), torch.rand(3, 1, 4, 4).double().round()
    for d in (made.encode(x), made.codes()):
        z = made.encode(x).sample().clone()
        found = detached(d).log_prob(z)
        torch.testing.assert_close(found, d.log_prob(z))
        assert d.log_prob(z).requires_grad
        assert not found.requires_grad
