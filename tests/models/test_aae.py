"""The adversarial autoencoder: codes come to be spread as the prior."""

import pytest
import torch

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.models.aae import AAE
from aetrain.objectives.terms import Weighted
from aetrain.planning import build_plan
from tests.battery import config, off
from tests.models.on_draws import train_on


def built(*options: str, event: tuple[int, ...] = (1, 8, 8)) -> AAE:
    torch.manual_seed(0)
    small = ["network.hidden=[8]", "model.hidden=[8]"]
    model = build_model(config("model=aae", *small, *options), event)
    assert isinstance(model, AAE)
    return model


@pytest.mark.parametrize(
    ("prior", "posterior"),
    [("standard_normal", "diagonal_gaussian"), ("uniform", "delta"), ("ring", "delta")],
)
def test_codes_take_the_shape_of_the_prior(prior: str, posterior: str) -> None:
    options = ["latent=2", "likelihood=gaussian", "network.hidden=[64]", "model.hidden=[64]"]
    steady = ["optimizer.lr=0.003", "adversary.r1=0.1", "schedule=cosine"]
    chosen = config("model=aae", f"prior={prior}", f"posterior={posterior}", *options, *steady)
    torch.manual_seed(0)
    model, plan = build_model(chosen, (2,)), build_plan(chosen, "cpu")

    def apart() -> float:
        x = torch.randn(1000, 2, generator=torch.Generator().manual_seed(1)).exp()
        return off(model.report({"x": x}).more["code_mmd"])

    before = apart()
    train_on(model, plan, torch.randn(1500, 128, 2).exp())
    assert apart() < min(0.3, 0.3 * before)


def test_the_three_phases() -> None:
    model = built()
    players = model.players()
    assert list(players) == ["autoencoder", "discriminator", "encoder"]
    assert set(players["encoder"].parameters()) == set(model.encoder.parameters())
    assert built("model.rate=0.5").players()["encoder"].rate == 0.5
    assert not any(p.requires_grad for p in built("prior=flow").prior.parameters())


def test_what_is_real_beside_a_label_is_of_its_part() -> None:
    model = built("prior=ring", "prior.components=3", "model.classes=3", "latent=2")
    y = torch.tensor([0, 1, 2, -1]).repeat(1000)
    batch = {"x": torch.zeros(4000, 1, 8, 8), "y": y}
    drawn = model.drawn(batch)
    part = model.prior.part_of(drawn, 3)
    assert torch.equal(part[y >= 0], y[y >= 0])
    shares = part[y < 0].bincount(minlength=3) / 1000
    assert ((shares - 1 / 3).abs() < 0.06).all()
    (told,) = model.told(batch)
    assert told[:4].argmax(1).tolist() == [0, 1, 2, 3]


def test_a_code_without_a_label_is_not_judged() -> None:
    model = built("prior=ring", "model.classes=10", "latent=2")
    x = torch.rand(20, 1, 8, 8)
    codes = model.encode(x).mean
    y = model.prior.part_of(codes, 10)
    y[:5] = -1
    found = model.report({"x": x, "y": y}).more["in_own_part"]
    assert isinstance(found, Weighted)
    assert found.weight.tolist() == [0] * 5 + [1] * 15
    assert found.cost[5:].tolist() == [1] * 15


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["model.classes=10"], "prior=standard_normal has no parts that 10 classes.*use prior="),
        (["model.classes=4", "prior=ring", "latent=2"], r"prior\.components=10: must be 4"),
        (["model.classes=1"], r"model\.classes=1: must be at least 2, or 0"),
        (["model.rate=inf"], r"model\.rate=inf: must be above 0 and finite"),
        (["model.rate=0"], r"model\.rate=0.*: must be above 0"),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        built(*options)
