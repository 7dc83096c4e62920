"""The regularised autoencoder: its terms, and the plain autoencoder as its limit."""

from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.build import build_model, build_plan
from aetrain.errors import UserError
from aetrain.game import Game, Plan
from aetrain.models.rae import RAE
from tests.battery import config

EVENT = torch.Size((1, 8, 8))
SMALL = ("network.hidden=[8]", "latent=3")
TERMS = {
    "rae": ["distortion", "code_norm", "decoder_weights"],
    "rae_gp": ["distortion", "code_norm", "gradient_penalty"],
    "rae_sn": ["distortion", "code_norm"],
}


def build(*overrides: str) -> Any:
    torch.manual_seed(0)
    return build_model(config(*SMALL, *overrides), EVENT)


def batch(n: int = 6) -> dict[str, Tensor]:
    draws = torch.Generator().manual_seed(1)
    return {"x": torch.rand(n, *EVENT, generator=draws).round()}


@pytest.mark.parametrize("name", TERMS)
def test_terms_by_hand(name: str) -> None:
    model = build(f"model={name}").eval()
    x = batch()["x"]
    terms = model.terms({"x": x})
    assert list(terms) == TERMS[name]
    z = model.encode(x).mean
    torch.testing.assert_close(terms["distortion"], -model.decode(z).log_prob(x))
    torch.testing.assert_close(terms["code_norm"], 0.5 * (z**2).sum(1))
    report = model.report({"x": x})
    assert list(report.costs) == ["distortion"]
    assert torch.equal(report.more["code_norm"], terms["code_norm"])


def test_each_choice_weighs_its_own_terms() -> None:
    for name, terms in TERMS.items():
        assert set(build_plan(config(f"model={name}"), "cpu").weights) == set(terms[1:])


def trained(model: Any, weights: dict[str, float], steps: int) -> Any:
    players = model.players()
    optimizers = {n: torch.optim.Adam(p.parameters(), lr=0.01) for n, p in players.items()}
    game = Game(players, optimizers, Plan(weights=weights), steps)
    for step in range(steps):
        game.play(batch(), 6, step, measure=False)
    return model


def test_without_weights_it_trains_as_the_plain_autoencoder() -> None:
    plain = trained(build("model=ae"), {}, 5)
    own = trained(build("model=rae"), {"code_norm": 0.0, "decoder_weights": 0.0}, 5)
    x = batch()["x"]
    assert torch.equal(plain.reconstruct(x), own.reconstruct(x))


def test_a_heavier_norm_makes_shorter_codes() -> None:
    lengths = []
    for weight in (0.0, 0.1, 10.0):
        weights = {"code_norm": weight, "decoder_weights": 0.0}
        model = trained(build("model=rae"), weights, 100)
        lengths.append(model.encode(batch()["x"]).mean.norm(dim=1).mean().item())
    assert lengths[0] > lengths[1] > lengths[2]


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match="model=rae encodes to a point, and posterior=diagonal_gau"):
        build("model=rae", "posterior=diagonal_gaussian")
    with pytest.raises(UserError, match="samples=3: model=rae encodes to a point; use samples=1"):
        build("model=rae", "samples=3")
    with pytest.raises(UserError, match="autoregressive"):
        build("model=rae_gp", "network=pixelcnn")
    with pytest.raises(UserError, match="network=tied"):
        build("model=rae_sn", "network=tied")


def test_no_regulariser() -> None:
    model = build("model=rae")
    plain = RAE(model.encoder, model.decoder, model.prior, regulariser=None)
    assert list(plain.terms(batch())) == ["distortion", "code_norm"]
