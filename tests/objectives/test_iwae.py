"""Importance-weighted bounds against the evidence of a linear model, and by hand."""

import math
from itertools import pairwise

import pytest
import torch

from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.objectives.iwae import iwae
from aetrain.objectives.terms import sample_mean
from tests.objectives.toy import B, Linear, gradients, moments, terms_of


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def sampled_elbo(inference: Inference) -> torch.Tensor:
    """Return −ELBO with its rate from the samples, in torch's own words."""
    x, q, z, p, prior = inference
    return sample_mean(-p.log_prob(x)) + sample_mean(q.log_prob(z) - prior.log_prob(z))


def test_one_sample_is_the_elbo_bit_for_bit() -> None:
    toy = Linear()
    torch.manual_seed(1)
    bound = terms_of(iwae, toy.infer(1))
    torch.manual_seed(1)
    plain = sampled_elbo(toy.infer(1))
    assert torch.equal(bound["iwae"], plain)
    assert torch.equal(bound["distortion"] + bound["rate"], plain)
    own = [*toy.encoder, *toy.decoder]
    for one, other in zip(gradients(bound["iwae"], own), gradients(plain, own), strict=True):
        assert torch.equal(one, other)


def test_by_hand() -> None:
    toy = Linear()
    inference = toy.infer(7)
    x, q, z, p, prior = inference
    terms = terms_of(iwae, inference)
    for i in range(B):
        w = [p.log_prob(x)[k, i] + prior.log_prob(z)[k, i] - q.log_prob(z)[k, i] for k in range(7)]
        expected = -math.log(sum(math.exp(v.item()) for v in w) / 7)
        assert terms["iwae"][i].item() == pytest.approx(expected, rel=1e-12)
    torch.testing.assert_close(terms["distortion"], elbo(inference)["distortion"])
    torch.testing.assert_close(terms["distortion"] + terms["rate"], sampled_elbo(inference))


def test_bounds_rise_with_the_samples_and_stay_below_the_evidence() -> None:
    toy = Linear()
    bounds = []
    with torch.no_grad():
        log_p = toy.evidence()
        for k in (1, 2, 5, 20, 80):
            many = toy.repeated(20_000 // k).infer(k)
            bounds.append(moments(-terms_of(iwae, many)["iwae"].view(-1, B)))
    for lower, upper in pairwise(bounds):
        error = (lower.error.square() + upper.error.square()).sqrt()
        assert (upper.mean - lower.mean > -4 * error).all()
    for bound in bounds:
        assert (bound.mean - log_p < 4 * bound.error).all()
    # they move: the first is far off, the last is near
    assert (log_p - bounds[0].mean > 10 * bounds[0].error).all()
    assert (log_p - bounds[-1].mean < 0.3 * (log_p - bounds[0].mean)).all()


def test_the_elbo_of_the_toy_is_its_textbook_value() -> None:
    """L₁ = log p(x) − KL(q ‖ p(z|x)): the toy itself is right."""
    toy = Linear()
    with torch.no_grad():
        loc, factor = toy.posterior()
        posterior = torch.distributions.MultivariateNormal(loc, scale_tril=factor)
        q = torch.distributions.MultivariateNormal(toy.loc, scale_tril=toy.factor)
        expected = toy.evidence() - torch.distributions.kl_divergence(q, posterior)
        costs = terms_of(iwae, toy.repeated(20_000).infer(1))["iwae"]
    found = moments(-costs.view(-1, B))
    assert ((found.mean - expected).abs() < 4.5 * found.error).all()


def test_the_bound_is_tight_at_the_posterior() -> None:
    toy = Linear(exact=True)
    for k in (1, 3):
        bound = terms_of(iwae, toy.infer(k))["iwae"]
        torch.testing.assert_close(-bound, toy.evidence(), rtol=0, atol=1e-10)
