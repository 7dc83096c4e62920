"""Both terms of the ELBO against torch's own distributions, for every family in conf/."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import (
    Independent,
    Laplace,
    Normal,
    StudentT,
    kl_divergence,
)

from aetrain.errors import UserError
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.objectives.rate import rate
from aetrain.posteriors.delta import Delta
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.posteriors.iaf import IAF
from aetrain.priors.standard_normal import StandardNormal
from tests.battery import Case, cases, draw, needs_density, normalised_on, raw_for

B, S, D = 4, 3, 5
EVENT = (1, 8, 8)

# a member of each kind of code and data; all others are held against scipy in their own batteries
LIKELIHOODS = cases("likelihood", only=["bernoulli", "bernoulli_grey", "gaussian", "laplace"])
POSTERIORS = cases("posterior", only=["diagonal_gaussian", "full_gaussian", "laplace"])
PRIORS = cases("prior", only=["standard_normal", "laplace", "student_t"])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def _case(case: Any) -> Any:
    return case.values[0]


def one_pass(likelihood: Case, posterior: Case, prior: Case) -> tuple[Inference, Tensor, Tensor]:
    """Return one pass of a random model, and the raw parameters of q and p, in float64."""
    p, q, r = likelihood.make(EVENT), posterior.make((D,)), prior.make((D,))
    for module in (p, q, r):
        module.double().eval()
    raw_q, raw_p = raw_for(q, B), raw_for(p, S, B)
    x = draw(normalised_on(likelihood, p), B, *EVENT)
    z = q(raw_q).rsample((S,))
    return Inference(x, q(raw_q), z, p(raw_p), r()), raw_q, raw_p


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("posterior", POSTERIORS)
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_terms_equal_torchs_own(likelihood: Case, posterior: Case, prior: Case) -> None:
    inference, _, _ = one_pass(likelihood, posterior, prior)
    x, q, z, p, r = inference
    terms = elbo(inference)
    assert list(terms) == ["distortion", "rate"]
    distortion, own_rate = terms["distortion"], terms["rate"]
    assert isinstance(distortion, Tensor)
    assert isinstance(own_rate, Tensor)
    assert distortion.shape == own_rate.shape == (B,)
    log_p = torch.stack([p.log_prob(x.expand(S, B, *EVENT))[s] for s in range(S)])
    torch.testing.assert_close(distortion, -log_p.mean(0), rtol=0, atol=1e-5)
    try:
        expected = kl_divergence(q, r)
    except NotImplementedError:
        expected = (q.log_prob(z) - r.log_prob(z)).mean(0)
    torch.testing.assert_close(own_rate, expected, rtol=0, atol=1e-5)


def test_the_pair_of_the_main_job_by_hand() -> None:
    """Bernoulli and diagonal Gaussian with nothing but torch's functions of tensors."""
    bernoulli, gaussian, normal = (_case(c) for c in (LIKELIHOODS[0], POSTERIORS[0], PRIORS[0]))
    assert (bernoulli.choice, gaussian.choice) == ("bernoulli", "diagonal_gaussian")
    inference, raw_q, raw_p = one_pass(bernoulli, gaussian, normal)
    terms = elbo(inference)
    x = inference.x.expand(S, B, *EVENT)
    entropy = nn.functional.binary_cross_entropy_with_logits(raw_p, x, reduction="none")
    torch.testing.assert_close(terms["distortion"], entropy.sum((2, 3, 4)).mean(0))
    mu, raw = raw_q.unbind(1)
    log_sigma = 10 * raw / (10 + raw.abs())
    kl = 0.5 * (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma).sum(1)
    torch.testing.assert_close(terms["rate"], kl)


def _part(inference: Inference, raw: tuple[Tensor, Tensor], p: Any, q: Any, index: Any) -> Any:
    return Inference(
        inference.x[index],
        q(raw[0][index]),
        inference.z[:, index],
        p(raw[1][:, index]),
        inference.prior,
    )


@pytest.mark.parametrize("posterior", POSTERIORS)
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize(
    "index", [[0], [2, 3], [0, 1, 2, 3, 0, 1, 2, 3]], ids=["one", "half", "double"]
)
def test_terms_do_not_depend_on_the_batch(
    likelihood: Case, posterior: Case, index: list[int]
) -> None:
    p, q = likelihood.make(EVENT).double().eval(), posterior.make((D,)).double()
    raw = raw_for(q, B), raw_for(p, S, B)
    x = draw(normalised_on(likelihood, p), B, *EVENT)
    prior = StandardNormal((D,)).double()()
    whole = Inference(x, q(raw[0]), q(raw[0]).rsample((S,)), p(raw[1]), prior)
    terms, part = elbo(whole), elbo(_part(whole, raw, p, q, index))
    for name, term in terms.items():
        assert isinstance(term, Tensor)
        torch.testing.assert_close(part[name], term[index], rtol=1e-12, atol=1e-12)


def test_many_samples_are_the_mean_of_single_ones() -> None:
    likelihood, posterior, prior = (_case(c) for c in (LIKELIHOODS[0], POSTERIORS[0], PRIORS[0]))
    p, q, r = likelihood.make(EVENT), posterior.make((D,)), prior.make((D,))
    raw_q, raw_p = raw_for(q, B), raw_for(p, S, B)
    x, z = draw(p.support, B, *EVENT), q(raw_q).sample((S,))
    terms = elbo(Inference(x, q(raw_q), z, p(raw_p), r()))
    single = [
        elbo(Inference(x, q(raw_q), z[[s]], p(raw_p[[s]]), r()))["distortion"] for s in range(S)
    ]
    mean = sum(t for t in single if isinstance(t, Tensor)) / S
    torch.testing.assert_close(terms["distortion"], mean)


def test_the_rate_by_samples_where_there_is_no_closed_form() -> None:
    q = Independent(Normal(torch.randn(B, D).double(), torch.rand(B, D).double() + 0.5), 1)
    scale = torch.ones(D).double()
    prior = Independent(StudentT(5 * scale, 0 * scale, scale), 1)
    with pytest.raises(NotImplementedError):
        kl_divergence(q, prior)
    z = q.rsample((S,))
    expected = (q.log_prob(z) - prior.log_prob(z)).mean(0)
    assert torch.equal(rate(q, z, prior), expected)
    n = 40_000
    z = q.sample((n,))
    grid = torch.linspace(-15, 15, 20_001, dtype=torch.float64)[:, None, None]
    density = q.base_dist.log_prob(grid)
    integrand = density.exp() * (density - prior.base_dist.log_prob(grid))
    exact = torch.trapezoid(integrand, grid[:, 0, 0], dim=0).sum(-1)
    error = (q.log_prob(z) - prior.log_prob(z)).std(0) / math.sqrt(n)
    assert ((rate(q, z, prior) - exact).abs() < 4 * error).all()


def test_a_closed_form_needs_no_samples() -> None:
    q = Independent(Laplace(torch.randn(B, D), torch.rand(B, D) + 0.5), 1)
    prior = Independent(Laplace(torch.zeros(D), torch.ones(D)), 1)
    loc, scale = q.base_dist.loc.abs(), q.base_dist.scale
    expected = (-scale.log() + scale * (-loc / scale).exp() + loc - 1).sum(-1)
    torch.testing.assert_close(rate(q, torch.full((S, B, D), math.nan), prior), expected)


def test_the_rate_is_zero_only_at_the_prior() -> None:
    prior = StandardNormal((D,))()
    q = DiagonalGaussian((D,))
    raw = torch.zeros(1, 2, D)
    assert rate(q(raw), torch.zeros(1, 1, D), prior).item() == 0
    for other in (raw + 0.1, raw - 0.1):
        assert rate(q(other), torch.zeros(1, 1, D), prior).item() > 0


def test_the_rate_has_a_gradient_either_way() -> None:
    raw = torch.randn(B, 2, D, requires_grad=True)
    q = DiagonalGaussian((D,))(raw)
    one = torch.ones(D)
    for prior in (StandardNormal((D,))(), Independent(StudentT(5 * one, 0 * one, one), 1)):
        (gradient,) = torch.autograd.grad(
            rate(q, q.rsample((S,)), prior).sum(), raw, retain_graph=True
        )
        assert (gradient != 0).all()


def test_a_point_mass_has_no_rate() -> None:
    q = Delta((D,))(torch.randn(B, D))
    with pytest.raises(UserError, match="posterior=delta is a point mass without a density"):
        rate(q, q.rsample((S,)), StandardNormal((D,))())


def test_needs_density_is_what_delta_lacks() -> None:
    with pytest.raises(pytest.skip.Exception):
        needs_density(Case("posterior", "delta"))


def test_a_flows_rate_keeps_its_mean_and_loses_noise() -> None:
    """The base's exact KL takes the place of its estimate, draw by draw."""
    family = IAF((D,), steps=2, hidden=[8], context=3).double()
    with torch.no_grad():
        for parameter in family.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    q, p = family(torch.randn(B, *family.parameter_shape).double()), StandardNormal((D,)).double()()
    z = q.rsample((50_000,))
    plain = q.log_prob(z) - p.log_prob(z)
    source, log_det = q.source(z)
    excess = p.log_prob(source) - p.log_prob(z) - log_det
    error = plain.std(0) / 50_000**0.5
    assert ((rate(q, z, p) - plain.mean(0)).abs() < 5 * error).all()
    assert (excess.std(0) < 0.5 * plain.std(0)).all()
