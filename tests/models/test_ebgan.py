"""The energy-based GAN: what an energy is, and what each side pays."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from aetrain.agreement import likelihood_support
from aetrain.build import build_data, build_model
from aetrain.errors import UserError
from aetrain.models.ebgan import EBGAN
from aetrain.planning import build_plan
from tests.battery import config

EVENT, B = (1, 4, 4), 6
SMALL = ("model=ebgan", "network.hidden=[8]", "latent=3")


def built(*options: str) -> EBGAN:
    torch.manual_seed(0)
    model = build_model(config(*SMALL, *options), EVENT).double()
    assert isinstance(model, EBGAN)
    return model


def energy(model: EBGAN, x: Tensor) -> Tensor:
    network = model.discriminator.network
    logits = network.decoder.network(network.encoder(x))  # pyright: ignore
    return (x - torch.sigmoid(logits).reshape(x.shape)).square().flatten(1).sum(1)


@pytest.mark.parametrize("margin", [2.0, 4.0, 100.0])
def test_what_each_side_pays(margin: float) -> None:
    model, x = built(f"model.margin={margin}"), torch.rand(B, *EVENT).double()
    torch.manual_seed(1)
    terms = model.discrimination({"x": x})
    torch.manual_seed(1)
    fakes = model.fakes(B)
    torch.testing.assert_close(terms["real"], energy(model, x))
    torch.testing.assert_close(terms["fake"], (margin - energy(model, fakes)).clamp_min(0))
    torch.manual_seed(1)
    torch.testing.assert_close(model.generation({"x": x})["adversarial"], energy(model, fakes))


def test_pulling_away_is_the_mean_squared_cosine_of_pairs() -> None:
    model, x = built(), torch.rand(B, *EVENT).double()
    torch.manual_seed(1)
    found = model.generation({"x": x})["pulling_away"]
    torch.manual_seed(1)
    codes = model.discriminator.network.encoder(model.fakes(B))  # pyright: ignore
    pairs = [(i, j) for i in range(B) for j in range(B) if i != j]
    cosines = [torch.cosine_similarity(codes[i], codes[j], dim=0) ** 2 for i, j in pairs]
    torch.testing.assert_close(found, torch.stack(cosines).mean())


def test_a_step_against_pulling_away_parts_the_fakes_codes() -> None:
    model, data = built(), {"x": torch.rand(B, *EVENT).double()}

    def alike() -> Tensor:
        torch.manual_seed(1)
        term = model.generation(data)["pulling_away"]
        assert isinstance(term, Tensor)
        return term

    own, before = list(model.players()["generator"].parameters()), alike()
    gradients = torch.autograd.grad(before, own)
    with torch.no_grad():
        for parameter, gradient in zip(own, gradients, strict=True):
            parameter -= 0.01 * gradient
    assert alike() < before


def test_the_margin_is_a_share_of_the_datas_variance() -> None:
    chosen = config(*SMALL, "dataset=digits")
    model, data = built(), build_data(chosen)
    data.suit(likelihood_support(chosen))
    data.load(likelihood_support(chosen))
    model.begin_stage(data)
    x = data.tables["train"].read(torch.arange(len(data.tables["train"]))).double() / 16
    found = model.state_dict()["discriminator.loss.margin"].double()
    torch.testing.assert_close(found, 0.4 * x.flatten(1).var(0).sum(), rtol=1e-6, atol=0)
    given = built("model.margin=3")
    given.begin_stage(data)
    assert given.state_dict()["discriminator.loss.margin"] == 3


@pytest.mark.parametrize("rows", [1, 20])
def test_data_without_variance_have_no_share_of_it(rows: int, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    x = np.full((20, 1, 4, 4), 0.3, np.float32)
    x[rows:] += np.random.default_rng(0).random((20 - rows, 1, 4, 4), np.float32) / 2
    np.savez(path, x_train=x[:rows], x_valid=x, x_test=x)
    options = ["dataset=array", f"dataset.path={path}", "likelihood=gaussian"]
    chosen = config(*SMALL, *options)
    data = build_data(chosen)
    data.load(likelihood_support(chosen))
    with pytest.raises(UserError, match=rf"^model\.margin=null: .* {rows} example.*=10$"):
        built(*options).require(data)
    built(*options, "model.margin=3").require(data)


def test_choices() -> None:
    assert build_plan(config("model=ebgan"), "cpu").weights == {"pulling_away": 0.1}
    assert list(built().players()) == ["discriminator", "generator"]
    code = built("model.code=5").discriminator.network.encoder(torch.rand(2, *EVENT).double())  # pyright: ignore
    assert code.shape == (2, 5)
    scale = built("likelihood=gaussian", "likelihood.sigma=shared")
    assert not any(p.requires_grad for p in scale.discriminator.network.decoder.family.parameters())  # pyright: ignore


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["model.margin=0"], r"model\.margin=0.*: must be above 0"),
        (["model.margin=inf"], r"model\.margin=inf: must be above 0 and finite"),
        (["model.code=0"], r"model\.code=0: must be at least 1"),
        (["adversary=wasserstein"], "adversary: model=ebgan has its own"),
        (["posterior=delta"], "posterior: model=ebgan has its own"),
        (["prior=vamp"], "model=ebgan wants one that stands alone: use prior="),
        (["network=tied"], "network=tied decodes with the weights.*use network=mlp"),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        built(*options)
