"""The boundary equilibrium GAN: energies, what each side pays, and the balance."""

import pytest
import torch
from torch import Tensor

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.models.began import BEGAN
from aetrain.world import World
from tests.battery import config

EVENT, B = (1, 4, 4), 6
SMALL = ("model=began", "network.hidden=[8]", "latent=3")


def built(*options: str) -> BEGAN:
    torch.manual_seed(0)
    model = build_model(config(*SMALL, *options), EVENT).double()
    assert isinstance(model, BEGAN)
    return model


def energy(model: BEGAN, x: Tensor) -> Tensor:
    network = model.discriminator.network
    logits = network.decoder.network(network.encoder(x))  # pyright: ignore
    return (x - torch.sigmoid(logits).reshape(x.shape)).abs().flatten(1).sum(1)


def test_what_each_side_pays_and_where_k_goes() -> None:
    options = ["model.start=0.3", "model.gamma=0.7", "model.speed=0.02"]
    model, x = built(*options), torch.rand(B, *EVENT).double()
    torch.manual_seed(1)
    terms = model.discrimination({"x": x})
    torch.manual_seed(1)
    fakes = model.fakes(B)
    real, fake = energy(model, x), energy(model, fakes)
    torch.testing.assert_close(terms["real"], real)
    torch.testing.assert_close(terms["fake"], -0.3 * fake)
    off = 0.7 * real.mean() - fake.mean()
    torch.testing.assert_close(terms["convergence"], real.mean() + off.abs())
    assert terms["k"] == pytest.approx(0.3)
    torch.manual_seed(1)
    torch.testing.assert_close(model.generation({"x": x})["adversarial"], fake)
    model.balance.after_step(1, 10, World())
    torch.testing.assert_close(model.balance.k, 0.3 + 0.02 * off.detach() / 16)
    assert "discriminator.loss.k" in model.state_dict()


def test_the_report_has_the_papers_measure() -> None:
    model, x = built(), torch.rand(B, *EVENT).double()
    report = model.report({"x": x})
    assert list(report.costs) == ["convergence"]
    assert {"data_mmd", "energy", "accuracy_real", "accuracy_fake"} == set(report.more)
    torch.testing.assert_close(report.more["energy"], energy(model, x).detach())
    assert (report.costs["convergence"] >= report.more["energy"]).all()


def test_what_only_tells_of_the_balance_weighs_nothing() -> None:
    weights = built().players()["discriminator"].weights
    assert weights["k"] == weights["convergence"] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["model.gamma=0"], r"model\.gamma=0.*: must be above 0"),
        (["model.speed=-1"], r"model\.speed=-1.*: must be above 0"),
        (["model.start=2"], r"model\.start=2.*: must be at least 0 and at most 1"),
        (["adversary=hinge"], "adversary: model=began has its own"),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        built(*options)
