"""A linear VAE with a Gaussian decoder is probabilistic PCA, whose best likelihood is known.

Trained by the product's own step, with one sample and minibatches, it must reach the closed form
of Tipping and Bishop (1999) and cannot exceed it. All in float64, on the real digits.
"""

import math
from typing import NamedTuple, cast

import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal

from aetrain.build import build_model
from aetrain.data.digits import Digits
from aetrain.game import Game
from aetrain.models.vae import VAE
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.planning import build_plan
from aetrain.seeding import STEP, seed_torch
from tests.battery import config

LATENT, STEPS, BATCH = 5, 3000, 300
BAR = 0.05  # nats


class Fit(NamedTuple):
    """The trained model, its data, and what the closed form says of them."""

    model: VAE
    x: Tensor
    best: float
    noise: float
    axes: Tensor


def closed_form(x: Tensor) -> tuple[float, float, Tensor]:
    """Return the greatest log likelihood per example, σ and the principal axes (D, d)."""
    values, vectors = torch.linalg.eigh(torch.cov(x.T, correction=0))
    values, vectors = values.flip(0), vectors.flip(1)
    d, n = LATENT, len(values)
    noise = values[d:].mean()
    logs = values[:d].log().sum() + (n - d) * noise.log()
    best = -0.5 * (n * math.log(2 * math.pi) + logs + n)
    return best.item(), noise.sqrt().item(), vectors[:, :d] * (values[:d] - noise).sqrt()


@pytest.fixture(scope="module")
def fit() -> Fit:
    x = cast(Tensor, Digits().load().train.read(torch.arange(1797))).double() / 16
    settings = config(
        *("likelihood=gaussian", "likelihood.sigma=shared", "network.hidden=[]"),
        *(f"latent={LATENT}", "optimizer.lr=0.02", "schedule=cosine"),
    )
    seed_torch(torch.device("cpu"), 0)
    model = build_model(settings, x.shape[1:]).double()
    assert isinstance(model, VAE)
    plan, players = build_plan(settings, "cpu"), model.players()
    game = Game(
        players, {"model": plan.optimizer(players["model"].parameters())}, plan, total_steps=STEPS
    )
    for step in range(STEPS):
        seed_torch(torch.device("cpu"), STEP, 0, step)
        batch = {"x": x[torch.randint(len(x), (BATCH,))]}
        game.play(batch, BATCH, step, measure=False)
    best, noise, axes = closed_form(x.flatten(1))
    return Fit(model.requires_grad_(False), x, best, noise, axes)


def exact_elbo(model: VAE, x: Tensor) -> Tensor:
    """Return the ELBO without sampling noise, (B,).

    For a linear decoder −log p(x|z) is quadratic in z, and the mean of a quadratic under q is its
    mean over the 2d points μ ± √d σᵢ eᵢ, which stand in for the samples.
    """
    q = cast(Independent, model.encode(x))
    points = math.sqrt(LATENT) * torch.eye(LATENT, dtype=torch.float64)
    z = q.mean + torch.cat([points, -points])[:, None] * q.stddev
    terms = elbo(Inference(x, q, z, model.decode(z), model.prior()))
    return -cast(Tensor, terms["distortion"]) - cast(Tensor, terms["rate"])


def weights(model: VAE) -> tuple[Tensor, Tensor, Tensor]:
    """Return W (D, d), b (D,) and σ of the decoder."""
    state = model.decoder.network.state_dict()
    family = model.decoder.family
    sigma = family(torch.zeros(family.parameter_shape, dtype=torch.float64)).stddev.flatten()[0]
    return state["layers.0.weight"], state["layers.0.bias"], sigma


def evidence(model: VAE, x: Tensor) -> Tensor:
    """Return log p(x) of a linear model in closed form, (B,)."""
    w, b, sigma = weights(model)
    covariance = w @ w.T + sigma**2 * torch.eye(len(b), dtype=torch.float64)
    return MultivariateNormal(b, covariance).log_prob(x.flatten(1))


def standard_error(values: Tensor) -> float:
    return (values.std() / math.sqrt(len(values))).item()


def test_it_reaches_the_closed_form_and_never_exceeds_it(fit: Fit) -> None:
    bound = exact_elbo(fit.model, fit.x)
    gap = fit.best - bound.mean().item()
    assert gap < BAR
    assert gap > -1e-9 > -standard_error(bound)


def test_the_sampled_elbo_of_the_report_agrees(fit: Fit) -> None:
    torch.manual_seed(0)
    costs = [sum(fit.model.report({"x": fit.x}).costs.values()) for _ in range(200)]
    means = torch.stack([-cast(Tensor, cost).mean() for cost in costs])
    error = standard_error(means)
    assert error < 0.01
    assert abs(means.mean().item() - exact_elbo(fit.model, fit.x).mean().item()) < 4 * error
    assert means.mean().item() < fit.best + 4 * error
    assert means.mean().item() > fit.best - BAR


def test_the_exact_elbo_is_the_one_of_the_textbook(fit: Fit) -> None:
    w, b, sigma = weights(fit.model)
    x = fit.x.flatten(1)
    q = fit.model.encode(fit.x)
    mu, variance = q.mean, q.variance
    squares = (x - mu @ w.T - b).square().sum(1) + (variance * w.square().sum(0)).sum(1)
    distortion = 0.5 * (squares / sigma**2 + x.shape[1] * (2 * math.pi * sigma**2).log())
    rate = 0.5 * (mu**2 + variance - 1 - variance.log()).sum(1)
    torch.testing.assert_close(exact_elbo(fit.model, fit.x), -distortion - rate)


def test_bounds_are_in_order(fit: Fit) -> None:
    """ELBO ≤ log p(x) for every example; its mean ≤ the closed form."""
    log_p = evidence(fit.model, fit.x)
    assert (exact_elbo(fit.model, fit.x) <= log_p + 1e-9).all()
    assert log_p.mean().item() <= fit.best + 1e-9


def test_importance_sampling_gives_the_models_own_evidence(fit: Fit) -> None:
    torch.manual_seed(0)
    x = fit.x[:300]
    error = fit.model.log_prob(x, samples=300) - evidence(fit.model, x)
    assert abs(error.mean().item()) < 4 * standard_error(error) + 1e-3
    assert error.abs().max() < 0.2


def test_the_learned_parameters_are_those_of_the_closed_form(fit: Fit) -> None:
    w, b, sigma = weights(fit.model)
    assert sigma.item() == pytest.approx(fit.noise, rel=0.01)
    torch.testing.assert_close(b, fit.x.flatten(1).mean(0), rtol=0, atol=0.02)
    # the same plane, of the same variances: W Wᵀ is free of rotation
    ideal = fit.axes @ fit.axes.T
    assert (w @ w.T - ideal).norm() < 0.05 * ideal.norm()


def test_the_closed_form_itself() -> None:
    """It is the log likelihood of its own parameters, and scikit-learn's up to n / (n − 1)."""
    x = cast(Tensor, Digits().load().train.read(torch.arange(1797))).double().flatten(1) / 16
    best, noise, axes = closed_form(x)
    covariance = axes @ axes.T + noise**2 * torch.eye(x.shape[1], dtype=torch.float64)
    model = MultivariateNormal(x.mean(0), covariance)
    assert model.log_prob(x).mean().item() == pytest.approx(best, abs=1e-9)
    assert PCA(LATENT).fit(x.numpy()).score(x.numpy()) == pytest.approx(best, abs=1e-3)
