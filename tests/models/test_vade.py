"""Clusters as parts of a prior."""

from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.mixture import GaussianMixture as Reference
from torch import Tensor
from torch.distributions import kl_divergence

import aetrain
from aetrain.build import build_model
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.errors import Interrupted, UserError
from aetrain.models.vade import VaDE, mixture_rate
from aetrain.priors.gaussian_mixture import GaussianMixture
from tests.battery import config
from tests.conftest import TINY
from tests.test_resume import equal

EVENT, B, K, D = (1, 8, 8), 5, 4, 3
SMALL = ["network.hidden=[8]", f"latent={D}"]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


MIXTURES = ["prior=gaussian_mixture", "prior=full_gaussian_mixture"]


def vade(*options: str, components: int = K) -> VaDE:
    chosen = ["model=vade", *options, f"prior.components={components}", *SMALL]
    model = build_model(config(*chosen), EVENT).double()
    assert isinstance(model, VaDE)
    model.position.stage = len(model.stages) - 1
    return model


def examples(n: int = B) -> Tensor:
    return torch.rand(n, *EVENT).round().double()


@pytest.mark.parametrize("mixture", MIXTURES)
def test_of_one_component_it_is_the_vae(mixture: str) -> None:
    clusters, plain = vade(mixture, components=1), build_model(config(*SMALL), EVENT).double()
    state = {k: v for k, v in clusters.state_dict().items() if not k.startswith(("prior", "mixt"))}
    plain.load_state_dict(state)
    with torch.no_grad():
        clusters.mixture.loc.zero_()
    x = examples()
    reports = []
    for model in (clusters, plain):
        torch.manual_seed(1)
        reports.append((model.report({"x": x}).costs, model.log_prob(x, 9)))
    for name, cost in reports[1][0].items():
        torch.testing.assert_close(reports[0][0][name], cost)
    torch.testing.assert_close(reports[0][1], reports[1][1])


@pytest.mark.parametrize("mixture", MIXTURES)
def test_the_rate_bounds_the_divergence_from_the_mixture(mixture: str) -> None:
    """On average over draws; it is the divergence where all draws are of one component."""
    model, n = vade(mixture), 40_000
    with torch.no_grad():
        q = model.encode(examples(3))
        assert isinstance(q, DiagonalNormal)
        z = q.sample((n,))
        p = model.mixture()
        terms = q.log_prob(z) - p.log_prob(z)
        rate = mixture_rate(q, z, model.mixture())
        assert (rate > terms.mean(0) - 4 * terms.std(0) / n**0.5).all()
        model.mixture.loc.copy_(1e3 * torch.arange(K)[:, None].expand(K, D))
        near = DiagonalNormal(1e3 + q.loc, q.log_scale, 1)
        parts = DiagonalNormal(model.mixture.loc[1], torch.zeros(D).double(), 1)
        expected = kl_divergence(near, parts) - p.weights[1].log()
        torch.testing.assert_close(mixture_rate(near, near.sample((2,)), model.mixture()), expected)


def test_the_rate_by_hand() -> None:
    model = vade()
    q, z = model.encode(examples()), None
    assert isinstance(q, DiagonalNormal)
    z = q.rsample((2,))
    p = model.mixture()
    gamma = p.responsibilities(z)
    torch.testing.assert_close(gamma.sum(-1), torch.ones(2, B).double())
    total = torch.zeros(2, B).double()
    for c in range(K):
        part = DiagonalNormal(p.loc[c], p.log_scale[c], 1)
        each = kl_divergence(q, part) + (gamma[..., c] / p.weights[c]).log()
        total = total + gamma[..., c] * each
    torch.testing.assert_close(mixture_rate(q, z, model.mixture()), total.mean(0))


def test_a_fitted_mixture_is_scikit_learns() -> None:
    codes = torch.cat([torch.randn(200, 2) + 6 * i for i in range(3)]).double()
    prior = GaussianMixture((2,), components=3).double()
    prior.fit(codes, starts=3)
    reference = Reference(3, covariance_type="diag", n_init=3, random_state=0, max_iter=300)
    expected = torch.from_numpy(reference.fit(codes.numpy()).score_samples(codes.numpy()))
    torch.testing.assert_close(prior().log_prob(codes).detach(), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("mixture", MIXTURES)
def test_pretraining_gives_clusters_of_digits(mixture: str, here: Path) -> None:
    job = ["model=vade", mixture, "dataset=digits", "latent=6", "network.hidden=[64]"]
    job += ["trainer.max_epochs=30", "model.pretraining_epochs=30", "trainer.accelerator=cpu"]
    job += ["callbacks=none", "likelihood=bernoulli_grey", "evaluation.nll_samples=0"]
    results = aetrain.train(job)
    assert results["test/cluster_accuracy"] > 0.5  # by chance 0.2
    assert 0.4 < results["test/nmi"] <= 1
    assert 0.3 < results["test/ari"] <= 1


@pytest.mark.parametrize(("mixture", "step"), [(MIXTURES[0], 4), (MIXTURES[1], 9)])
def test_stopped_in_either_stage_and_resumed(mixture: str, step: int, here: Path) -> None:
    job = [*TINY, "model=vade", mixture, "trainer.steps_per_call=1", "allow=[tests.two_stages]"]
    results = aetrain.train([*job, "run.dir=straight"])
    stop = ["+callbacks.stop._target_=tests.two_stages.Stop", f"+callbacks.stop.step={step}"]
    with pytest.raises(Interrupted):
        aetrain.train([*job, "run.dir=stopped", *stop])
    again = aetrain.train(["resume=stopped", "callbacks.stop.step=-1", "allow=[tests.two_stages]"])
    equal(Path("straight"), Path("stopped"))
    assert again["test/nmi"] == results["test/nmi"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["prior=standard_normal"], "model=vade learns clusters as parts of its prior: use prior"),
        (["prior.layout=ring"], "use prior=gaussian_mixture with prior.layout=learned"),
        (["posterior=laplace"], "posterior=laplace: model=vade has a closed form for Gaussians"),
        (["model.pretraining_epochs=-1"], "model.pretraining_epochs=-1: must be 0 or more"),
        (["model.starts=0"], "model.starts=0: must be at least 1"),
    ],
)
def test_what_it_refuses(options: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        build_model(config("model=vade", *options), EVENT)
    assert message in str(caught.value)


def test_too_few_codes() -> None:
    prior: Any = GaussianMixture((2,), components=5)
    with pytest.raises(UserError, match="components=5: are fitted to codes, and there are 3"):
        prior.fit(torch.randn(3, 2))
