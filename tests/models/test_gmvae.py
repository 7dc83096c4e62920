"""A mixture that goes through its components."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import kl_divergence

from aetrain.build import build_model
from aetrain.classes.class_vae import ClassVAE
from aetrain.errors import UserError
from aetrain.models.gmvae import GMVAE
from tests.battery import config

EVENT, B, K, D = (1, 8, 8), 5, 4, 3
SMALL = ["network.hidden=[8]", f"latent={D}"]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def gmvae(*options: str) -> GMVAE:
    chosen = ["model=gmvae", f"model.clusters={K}", *SMALL, *options]
    model = build_model(config(*chosen), EVENT).double()
    assert isinstance(model, GMVAE)
    return model


def examples() -> Tensor:
    return torch.rand(B, *EVENT).round().double()


def test_of_one_cluster_it_is_the_vae() -> None:
    """The encoder is given a 1 beside x, which is a bias."""
    one, plain = gmvae("model.clusters=1"), build_model(config(*SMALL), EVENT).double()
    own = one.inner.state_dict(keep_vars=True)
    with torch.no_grad():
        own["prior.weight"].zero_()
        for name, weight in plain.state_dict().items():
            target = own.get(
                name, own.get(name.replace("encoder.network", "encoder.network.network"))
            )
            assert target is not None
            target.zero_()
            target[(..., slice(weight.shape[-1]))] = weight
    x = examples()
    reports = []
    for model in (one, plain):
        torch.manual_seed(1)
        reports.append(model.report({"x": x}).costs)
    for name, cost in reports[1].items():
        torch.testing.assert_close(reports[0][name], cost)


def test_the_rate_of_each_cluster_is_that_from_its_gaussian() -> None:
    model, x = gmvae("model.spread=3"), examples()
    inner: ClassVAE = model.inner
    _, rates = inner.of_each_class(x, x)
    eye = torch.eye(K).double()
    for k in range(K):
        with inner.condition.given(eye[[k]]):
            expected = kl_divergence(inner.encoder(x), inner.prior())
        torch.testing.assert_close(rates[k], expected)


def test_its_log_prob_is_above_its_bound() -> None:
    model, x = gmvae(), examples()
    with torch.no_grad():
        costs = torch.stack(
            [torch.stack([*model.report({"x": x}).costs.values()]).sum(0) for _ in range(400)]
        )
        nll = -model.log_prob(x, 2_000)
    assert (nll < costs.mean(0) + 4 * costs.std(0) / math.sqrt(400)).all()


def test_clusters_are_reported() -> None:
    report = gmvae().report({"x": examples(), "y": torch.tensor([0, 1, 2, -1, 1])})
    assert report.clusters is not None
    assert report.clusters.sum() == 4
    assert gmvae().report({"x": examples()}).clusters is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["model.clusters=0"], "model.clusters=0: must be at least 1"),
        (["model.spread=0"], "model.spread=0: must be above 0"),
        (["prior=laplace"], "prior: model=gmvae has its own and makes no use of another"),
        (["conditioning=concat"], "model=gmvae finds its classes itself: use conditioning=none"),
    ],
)
def test_what_it_refuses(options: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        build_model(config("model=gmvae", *options), EVENT)
    assert message in str(caught.value)
