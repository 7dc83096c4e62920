import pytest
import torch
from torch import Tensor

from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.objectives.reconstruction import reconstruction
from aetrain.posteriors.delta import Delta
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.standard_normal import StandardNormal
from tests.battery import Case, cases, draw, normalised_on, raw_for

B, D, EVENT = 4, 5, (1, 8, 8)


@pytest.mark.parametrize(
    "likelihood", cases("likelihood", only=["bernoulli", "bernoulli_grey", "gaussian", "laplace"])
)
@pytest.mark.parametrize("samples", [1, 3])
def test_the_distortion_alone(likelihood: Case, samples: int) -> None:
    torch.manual_seed(0)
    p = likelihood.make(EVENT).eval()
    q = Delta((D,))(torch.randn(B, D))
    raw = raw_for(p, samples, B, dtype=torch.float32)
    x = draw(normalised_on(likelihood, p), B, *EVENT, dtype=torch.float32)
    d = p(raw)
    terms = reconstruction(Inference(x, q, q.rsample((samples,)), d, StandardNormal((D,))()))
    assert list(terms) == ["distortion"]
    expected = -sum(p(raw[s]).log_prob(x) for s in range(samples)) / samples
    assert isinstance(expected, Tensor)
    torch.testing.assert_close(terms["distortion"], expected, rtol=1e-5, atol=1e-5)


def test_it_is_the_elbos_distortion() -> None:
    torch.manual_seed(0)
    (case,) = (c.values[0] for c in cases("likelihood", only=["bernoulli"]))
    p, q = case.make(EVENT), DiagonalGaussian((D,))(torch.randn(B, 2, D))
    x = draw(p.support, B, *EVENT)
    one = Inference(x, q, q.rsample((2,)), p(raw_for(p, 2, B)), StandardNormal((D,))())
    distortions = [terms(one)["distortion"] for terms in (elbo, reconstruction)]
    assert all(isinstance(d, Tensor) for d in distortions)
    torch.testing.assert_close(*distortions, rtol=0, atol=0)


def test_squared_error_is_a_gaussian_of_unit_variance() -> None:
    (case,) = (
        c.values[0]
        for c in cases("likelihood", only=["bernoulli", "bernoulli_grey", "gaussian", "laplace"])
        if str(c.values[0]) == "likelihood=gaussian"
    )
    torch.manual_seed(0)
    p, q = case.make((6,)), Delta((D,))(torch.randn(B, D))
    x, mu = torch.randn(B, 6), torch.randn(1, B, 6)
    terms = reconstruction(Inference(x, q, q.rsample((1,)), p(mu), StandardNormal((D,))()))
    constant = 3 * torch.tensor(2 * torch.pi).log()
    torch.testing.assert_close(terms["distortion"], 0.5 * (x - mu[0]).square().sum(1) + constant)
