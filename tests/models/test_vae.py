from typing import Any

import pytest
import torch
from torch.distributions import Distribution, Independent, Normal, StudentT, kl_divergence

from aetrain.build import build_model
from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.likelihoods.bernoulli import Bernoulli
from aetrain.models.vae import VAE
from aetrain.networks.mlp import MLP
from aetrain.posteriors.delta import Delta
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.prior import Prior
from aetrain.priors.standard_normal import StandardNormal
from tests.battery import Case, cases, config, draw, normalised_on

EVENT, LATENT, B = (1, 8, 8), (3,), 5


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def vae(prior: Prior | None = None, **options: Any) -> VAE:
    encoder = Conditional(MLP, DiagonalGaussian(LATENT), [EVENT])
    decoder = Conditional(MLP, Bernoulli(EVENT), [LATENT])
    return VAE(encoder, decoder, prior or StandardNormal(LATENT), **options)


REFUSED = [
    (["prior=swiss_roll", "latent=2"], "prior=swiss_roll can only be sampled: use prior=standard"),
    (["prior=uniform"], "prior=uniform on the vectors of a box, so the rate is infinite"),
    (["posterior=von_mises_fisher"], "so the rate is infinite: use prior=hypersphere"),
    (
        ["posterior=gumbel_softmax", "prior=categorical", "prior.classes=2", "latent=6"],
        "posterior=gumbel_softmax has variables of 6 classes, but prior=categorical of 2",
    ),
    (["posterior=wrapped_normal"], "so the rate is infinite: use prior=wrapped_normal"),
    (
        ["model=poincare_vae", "posterior.curvature=0.5", "prior.curvature=2"],
        "posterior=wrapped_normal is on a ball of curvature -0.5, but prior=wrapped_normal on one"
        " of -2.0: set posterior.curvature and prior.curvature to one number",
    ),
    (["posterior=iaf", "prior=vamp"], "the density of posterior=iaf is known at its own draws"),
]


@pytest.mark.parametrize(("choices", "words"), REFUSED, ids=str)
def test_pairs_without_a_rate_are_refused(choices: list[str], words: str) -> None:
    with pytest.raises(UserError) as caught:
        build_model(config(*choices), EVENT)
    assert words in str(caught.value)


def binary(n: int = B) -> torch.Tensor:
    return torch.rand(n, *EVENT).round()


def test_a_point_mass_is_refused() -> None:
    encoder = Conditional(MLP, Delta(LATENT), [EVENT])
    decoder = Conditional(MLP, Bernoulli(EVENT), [LATENT])
    with pytest.raises(UserError) as caught:
        VAE(encoder, decoder, StandardNormal(LATENT))
    assert str(caught.value) == (
        "model=vae needs a posterior with a density, and posterior=delta has none:"
        " use posterior=diagonal_gaussian, or model=ae"
    )


def test_a_point_mass_from_the_command_line() -> None:
    with pytest.raises(UserError, match="model=vae needs a posterior with a density"):
        build_model(config("model=vae", "posterior=delta"), EVENT)


@pytest.mark.parametrize("samples", [1, 4])
def test_terms_by_hand(samples: int) -> None:
    model, x = vae(samples=samples), binary()
    torch.manual_seed(1)
    terms = model.terms({"x": x})
    torch.manual_seed(1)
    q = model.encode(x)
    z = q.rsample((samples,))
    assert z.shape == (samples, B, *LATENT)
    torch.testing.assert_close(terms["distortion"], -model.decode(z).log_prob(x).mean(0))
    torch.testing.assert_close(terms["rate"], kl_divergence(q, model.prior()))


def test_the_report_is_of_terms_whatever_the_objective() -> None:
    model, x = vae(objective=lambda inference: {"other": inference.x.sum((1, 2, 3))}), binary()
    assert list(model.terms({"x": x})) == ["other"]
    assert list(model.report({"x": x}).costs) == ["distortion", "rate"]


# counts and a σ that depends on the batch have batteries of their own
SCORED = ["bernoulli", "bernoulli_grey", "laplace", "beta", "categorical", "discretized_logistic"]


@pytest.mark.parametrize("likelihood", cases("likelihood", only=SCORED))
def test_every_likelihood_has_a_log_prob_above_the_elbo(likelihood: Case) -> None:
    options = [f"likelihood.{option}" for option in likelihood.options]
    model = build_model(
        config(f"likelihood={likelihood.choice}", *options, "network.hidden=[8]", "latent=2"), EVENT
    ).double()
    assert isinstance(model, VAE)
    x = draw(normalised_on(likelihood, model.decoder.family), B, *EVENT)
    report = model.report({"x": x.repeat(200, 1, 1, 1)})
    elbo = -sum(cost.view(200, B) for cost in report.costs.values())
    assert isinstance(elbo, torch.Tensor)
    error = elbo.std(0) / 200**0.5
    assert (model.log_prob(x, samples=500) > elbo.mean(0) - 4 * error).all()


def test_log_prob_of_a_model_that_ignores_its_latent_is_exact() -> None:
    """p(x|z) = p(x) and q = p(z): every weight is the evidence."""
    model = vae()
    for conditional in (model.encoder, model.decoder):
        layer = conditional.network.layers[-1]  # pyright: ignore[reportIndexIssue]
        layer.weight.data.zero_()  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
    model.encoder.network.layers[-1].bias.data.zero_()  # pyright: ignore
    x = binary()
    expected = model.decode(torch.zeros(B, *LATENT)).log_prob(x)
    for samples in (1, 10):
        torch.testing.assert_close(model.log_prob(x, samples), expected)
    costs = model.report({"x": x}).costs
    assert (costs["rate"] == 0).all()
    torch.testing.assert_close(costs["distortion"], -expected)


def test_samples_come_from_the_prior() -> None:
    model = vae()
    torch.manual_seed(1)
    means = model.sample(9).mean
    torch.manual_seed(1)
    assert torch.equal(means, model.decode(torch.randn(9, *LATENT)).mean)
    assert not means.requires_grad


class Heavy(Prior):
    """A prior to which torch knows no KL; a product, or not."""

    def __init__(self, product: bool) -> None:
        super().__init__(LATENT)
        self.product = product

    def forward(self) -> Distribution:
        one = torch.ones(LATENT)
        tails = Independent(StudentT(5 * one, 0 * one, one), 1)
        return tails if self.product else torch.distributions.MultivariateNormal(one, one.diag())


@pytest.mark.parametrize("product", [True, False])
def test_without_a_closed_form_there_are_no_rates_by_dimension(product: bool) -> None:
    report = vae(Heavy(product)).report({"x": binary()})
    assert report.costs["rate"].shape == (B,)
    assert report.rates is None


def test_rates_by_dimension() -> None:
    model, x = vae(), binary()
    rates = model.report({"x": x}).rates
    q = model.encode(x)
    assert isinstance(q, Independent)
    expected = kl_divergence(q.base_dist, Normal(0.0, 1.0))
    assert rates is not None
    torch.testing.assert_close(rates, expected)
