"""The mixture against scikit-learn's, and with PCA against a dense normal distribution."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture as Reference
from torch import Tensor
from torch.distributions import MultivariateNormal

import aetrain
from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.models.gmm import GMM
from tests.battery import config
from tests.conftest import TINY

EVENT, K = (6,), 3


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def gmm(latent: int, *options: str) -> GMM:
    chosen = ["model=gmm", f"latent={latent}", f"model.components={K}", *options]
    model = build_model(config(*chosen), EVENT).double()
    assert isinstance(model, GMM)
    return model


def data() -> Tensor:
    parts = [torch.randn(300, 6) @ torch.randn(6, 6) + 8 * torch.randn(6) for _ in range(K)]
    return torch.cat(parts).double()


def test_its_log_likelihood_is_scikit_learns() -> None:
    model, x = gmm(6, "model.floor=1e-6"), data()
    model.fit(x)
    reference = Reference(K, reg_covar=1e-6, random_state=0, max_iter=1000).fit(x.numpy())
    expected = torch.from_numpy(reference.score_samples(x.numpy()))
    torch.testing.assert_close(model.log_prob(x), expected, rtol=1e-4, atol=1e-4)


def test_of_principal_axes_it_is_a_density_of_the_data() -> None:
    """Of one component: N(mean, W Σ Wᵀ + σ² (I − W Wᵀ))."""
    model, x = gmm(2, "model.components=1", "model.floor=1e-9"), data()
    model.fit(x)
    w, factor = model.basis, model.factor[0].detach()
    left = torch.eye(6).double() - w @ w.T
    spread = np.linalg.eigvalsh(np.cov(x.numpy().T, bias=True))[:4].mean()
    covariance = w @ factor @ factor.T @ w.T + spread * left
    whole = MultivariateNormal(x.mean(0) + w @ model.loc[0].detach(), covariance)
    torch.testing.assert_close(model.log_prob(x), whole.log_prob(x), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(w.T @ w, torch.eye(2).double())


def test_draws_follow_it() -> None:
    model, x = gmm(2), data()
    model.fit(x)
    drawn = model.sample(50_000).sample()
    error = drawn.std(0) / 50_000**0.5
    assert ((drawn.mean(0) - x.mean(0)).abs() < 4.5 * error).all()
    codes = (drawn - model.mean) @ model.basis
    within = (x - model.mean) @ model.basis
    square = codes.std(0).square()
    assert ((codes.T.cov() - within.T.cov()).abs() < 0.03 * square.outer(square).sqrt()).all()
    beside = drawn - model.mean - codes @ model.basis.T
    left = x - model.mean - within @ model.basis.T
    spread = beside.square().sum(1).mean()
    assert spread.item() == pytest.approx(left.square().sum(1).mean().item(), rel=0.03)


def test_costs_add_up_to_the_likelihood() -> None:
    model, x = gmm(3), data()
    model.fit(x)
    costs = model.report({"x": x}).costs
    torch.testing.assert_close(-(costs["distortion"] + costs["rate"]), model.log_prob(x))


def test_a_run_is_the_fit(here: Path) -> None:
    results = aetrain.train([*TINY, "model=gmm", "model.components=2", "run.dir=r"])
    assert results["test/nll"] == pytest.approx(-results["test/elbo"], rel=1e-6)
    trained: Any = aetrain.load("r")
    assert trained.sample(3).shape == (3, 1, 8, 8)
    other = aetrain.train([*TINY, "model=gmm", "model.components=2", "model.rate=1"])
    assert other["test/nll"] != results["test/nll"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("model.components=0", r"model\.components=0: must be 1 or more"),
        ("model.examples=1", "model.examples=1: must be 2 or more"),
        ("model.rate=-1", "model.rate=-1.*: must be 0 or more"),
        ("likelihood=bernoulli", "likelihood: model=gmm has its own"),
    ],
)
def test_what_it_refuses(option: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        gmm(2, option)
