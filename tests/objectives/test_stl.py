"""The path derivative: no gradient at the posterior, the ELBO's in the mean elsewhere."""

import pytest
import torch

from aetrain.objectives.stl import stl
from tests.objectives.test_iwae import sampled_elbo
from tests.objectives.toy import Linear, gradients, moments, terms_of


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("samples", [1, 3])
def test_its_value_is_the_sampled_elbos(samples: int) -> None:
    inference = Linear().infer(samples)
    terms = terms_of(stl, inference)
    torch.testing.assert_close(terms["distortion"] + terms["rate"], sampled_elbo(inference))


@pytest.mark.parametrize("samples", [1, 4])
def test_the_encoders_gradient_vanishes_at_the_posterior(samples: int) -> None:
    toy = Linear(exact=True)
    inference = toy.infer(samples)
    cost = sum(terms_of(stl, inference).values())
    assert isinstance(cost, torch.Tensor)
    plain = sampled_elbo(inference)
    for i in range(len(cost)):  # sample by sample
        for gradient in gradients(cost[i], toy.encoder):
            assert gradient.abs().max() < 1e-10
        assert max(g.abs().max().item() for g in gradients(plain[i], toy.encoder)) > 1e-2
    assert all(g.abs().max() > 1e-2 for g in gradients(cost, toy.decoder))


def test_its_gradient_is_the_elbos_in_the_mean() -> None:
    n = 4000
    toy = Linear().repeated(n)
    inference = toy.infer(1)
    costs = (sum(terms_of(stl, inference).values()), sampled_elbo(inference))
    path, whole = (
        torch.cat([g.reshape(n, -1) for g in gradients(cost, toy.encoder)], 1) for cost in costs
    )
    difference = moments(path - whole)
    assert (difference.mean.abs() <= 4.5 * difference.error + 1e-12).all()
    assert (difference.error > 1e-3).any()
    assert (moments(path).mean.abs() > 10 * moments(path).error).any()


def test_the_decoders_gradient_is_untouched() -> None:
    toy = Linear()
    inference = toy.infer(2)
    found = gradients(terms_of(stl, inference)["distortion"], toy.decoder)
    expected = gradients(sampled_elbo(inference), toy.decoder)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)
