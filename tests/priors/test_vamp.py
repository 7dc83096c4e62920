"""The variational mixture of posteriors."""

import math

import torch
from torch.distributions import Independent, Normal

from aetrain.conditional import Conditional
from aetrain.distributions.normal_mixture import NormalMixture
from aetrain.networks.mlp import MLP
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.posteriors.laplace import Laplace
from aetrain.priors.vamp import Vamp

N = 40


def test_with_all_examples_it_is_the_enumerated_aggregate_posterior() -> None:
    torch.manual_seed(0)
    x = torch.rand(N, 1, 4, 4).double()
    encoder = Conditional(MLP, DiagonalGaussian((3,)), [x.shape[1:]]).double()
    prior = Vamp((3,), encoder, components=N).double()
    prior.prepare(lambda n: x[:n])
    p, q = prior(), encoder(x)
    assert isinstance(p, NormalMixture)
    z = torch.randn(7, 3).double()
    each = Independent(Normal(q.loc, q.scale), 1).log_prob(z.unsqueeze(1))
    expected = each.logsumexp(1) - math.log(N)
    torch.testing.assert_close(p.log_prob(z), expected, rtol=1e-9, atol=1e-9)


def test_other_posteriors_are_mixed_as_well() -> None:
    torch.manual_seed(0)
    encoder = Conditional(MLP, Laplace((3,)), [(5,)]).double()
    prior = Vamp((3,), encoder, components=4).double()
    z, q = torch.randn(7, 3).double(), encoder(prior.pseudo_inputs)
    expected = torch.stack([q.log_prob(z[:, None])[:, k] for k in range(4)]).logsumexp(0)
    torch.testing.assert_close(prior().log_prob(z), expected - math.log(4))


def test_pseudo_inputs_stay_within_the_data() -> None:
    encoder = Conditional(MLP, DiagonalGaussian((2,)), [(5,)])
    prior = Vamp((2,), encoder, components=3)
    x = torch.rand(2, 5) * 4 - 1
    prior.prepare(lambda n: x[:n])
    assert torch.equal(prior.pseudo_inputs, x[[0, 1, 0]])  # repeated where there are too few
    inside = prior().mean
    with torch.no_grad():
        prior.pseudo_inputs[prior.pseudo_inputs == x.max()] += 100
    torch.testing.assert_close(prior().mean, inside, rtol=0, atol=1e-4)


def test_beyond_the_data_the_gradient_is_that_of_the_edge() -> None:
    torch.manual_seed(0)
    encoder = Conditional(MLP, DiagonalGaussian((2,)), [(5,)]).double()
    prior = Vamp((2,), encoder, components=3).double()
    z, gradients = torch.randn(4, 2).double(), []
    for place in (1.0, 1.5):
        with torch.no_grad():
            prior.pseudo_inputs[:, 0] = place
        prior.zero_grad()
        prior().log_prob(z).sum().backward()
        assert prior.pseudo_inputs.grad is not None
        gradients.append(prior.pseudo_inputs.grad.clone())
    assert gradients[0].abs().min() > 0
    torch.testing.assert_close(gradients[1], gradients[0])


def test_its_encoder_is_the_models_and_not_a_copy() -> None:
    encoder = Conditional(MLP, DiagonalGaussian((2,)), [(5,)])
    prior = Vamp((2,), encoder, components=3)
    assert [name for name, _ in prior.named_parameters()] == ["pseudo_inputs"]
    prior().log_prob(torch.zeros(1, 2)).sum().backward()
    assert all(p.grad is not None for p in encoder.parameters())
