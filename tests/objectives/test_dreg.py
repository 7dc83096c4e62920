"""Doubly reparameterised gradients against IWAE's, in the mean, and by hand."""

import pytest
import torch
from torch import Tensor

from aetrain.distributions.detached import detached
from aetrain.objectives.dreg import dreg
from aetrain.objectives.iwae import iwae
from aetrain.objectives.log_weights import log_weights
from aetrain.objectives.stl import stl
from tests.objectives.toy import Linear, gradients, moments, terms_of

K = 5


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_its_value_is_iwaes() -> None:
    inference = Linear().infer(K)
    found, expected = terms_of(dreg, inference), terms_of(iwae, inference)
    torch.testing.assert_close(found["dreg"], expected["iwae"])
    for name in ("distortion", "rate"):
        torch.testing.assert_close(found[name], expected[name])
        assert not found[name].requires_grad


def test_the_decoders_gradient_is_iwaes() -> None:
    toy = Linear()
    inference = toy.infer(K)
    expected = gradients(terms_of(iwae, inference)["iwae"], toy.decoder)
    found = gradients(terms_of(dreg, inference)["dreg"], toy.decoder)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_the_encoders_gradient_by_hand() -> None:
    """−Σ w̃ₖ² ∂log sg(q) wₖ/∂zₖ ∂zₖ/∂φ, one sample and one example after another."""
    toy = Linear()
    inference = toy.infer(K)
    z = inference.z
    log_w, _ = log_weights(inference._replace(q=detached(inference.q)))
    share = log_w.detach().softmax(0)
    (slope,) = torch.autograd.grad(log_w.sum(), z, retain_graph=True)
    weighted = -share.square().unsqueeze(-1) * slope
    expected = torch.autograd.grad(z, toy.encoder, weighted, retain_graph=True)
    found = gradients(terms_of(dreg, inference)["dreg"], toy.encoder)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("samples", [1, 4])
def test_the_encoders_gradient_vanishes_at_the_posterior(samples: int) -> None:
    toy = Linear(exact=True)
    cost = terms_of(dreg, toy.infer(samples))["dreg"]
    for i in range(len(cost)):
        for gradient in gradients(cost[i], toy.encoder):
            assert gradient.abs().max() < 1e-10
    assert all(g.abs().max() > 1e-2 for g in gradients(cost, toy.decoder))


def flat(cost: Tensor, toy: Linear) -> Tensor:
    return torch.cat([g.flatten() for g in gradients(cost, toy.encoder)])


def test_its_gradient_is_iwaes_in_the_mean() -> None:
    n = 4000
    toy = Linear().repeated(n)
    found, plain = (
        torch.cat([g.reshape(n, -1) for g in gradients(cost, toy.encoder)], 1)
        for cost in (terms_of(dreg, toy.infer(K))["dreg"], terms_of(iwae, toy.infer(K))["iwae"])
    )
    a, b = moments(found), moments(plain)
    error = (a.error.square() + b.error.square()).sqrt()
    assert ((a.mean - b.mean).abs() <= 4.5 * error + 1e-12).all()
    assert (a.mean.abs() > 10 * error).any()
    # and it is worth having: less noise, of all parameters together
    assert found.var(0).sum() < 0.5 * plain.var(0).sum()


def test_of_one_sample_it_is_stl() -> None:
    toy = Linear()
    torch.manual_seed(1)
    found = flat(terms_of(dreg, toy.infer(1))["dreg"], toy)
    torch.manual_seed(1)
    expected = flat(sum(terms_of(stl, toy.infer(1)).values()), toy)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@torch.no_grad()
def test_it_can_be_asked_without_a_gradient() -> None:
    assert terms_of(dreg, Linear().infer(K))["dreg"].isfinite().all()
