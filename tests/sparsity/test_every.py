"""Every sparsity in conf/ in a model: built, trained, reported, and refused where of no use."""

from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.build import build_model
from aetrain.config.files import groups
from aetrain.errors import UserError
from aetrain.evaluation.tally import Tally
from aetrain.game import Game
from aetrain.planning import build_plan
from tests.battery import config

SPARSITIES = [name for name in groups()["sparsity"] if name != "none"]
OPTIONS = {"top_k": ["sparsity.k=4"]}

every_sparsity = pytest.mark.parametrize("sparsity", SPARSITIES)


def settings(sparsity: str, *overrides: str) -> dict[str, Any]:
    own = OPTIONS.get(sparsity, [])
    small = ["network.hidden=[]", "latent=20"]
    return config(f"sparsity={sparsity}", "posterior=delta", *own, *small, *overrides)


def build(sparsity: str, *overrides: str) -> Any:
    torch.manual_seed(0)
    return build_model(settings(sparsity, *overrides), (1, 8, 8))


def batch(n: int = 30) -> dict[str, Tensor]:
    return {"x": torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(0)).round()}


@every_sparsity
@pytest.mark.parametrize("model", ["ae", "sparse_ae", "cae", "scae", "rae"])
def test_models_of_point_codes_take_it(sparsity: str, model: str) -> None:
    made = build(sparsity, f"model={model}", "network=mlp")
    assert made.sparsity is made.encoder.family.code
    weights = build_plan(settings(sparsity, f"model={model}"), "cpu").weights
    names = set(made.terms(batch()))
    assert set(weights) <= names
    assert ("sparsity" in names) == ("sparsity" in weights) == (sparsity != "top_k")


@every_sparsity
def test_a_report_counts_active_and_dead_units(sparsity: str) -> None:
    model = build(sparsity, "model=sparse_ae").eval()
    with torch.no_grad():
        model.encoder.network.layers[0].bias[:3] = -100.0
    tally = Tally()
    for part in batch()["x"].split([13, 17]):
        tally.add(model.report({"x": part}))
    figures = tally.figures(64, None)
    code = model.encode(batch()["x"]).mean
    active = code > 0.5 if sparsity == "kl" else code != 0
    assert figures["active_fraction"] == pytest.approx(active.double().mean().item())
    assert figures["dead_units"] == (~active.any(0)).sum().item()
    assert figures["dead_units"] >= 3
    assert list(model.report(batch()).costs) == ["distortion"]


@pytest.mark.parametrize("sparsity", ["kl", "l1"])
def test_a_heavier_weight_makes_sparser_codes(sparsity: str) -> None:
    found = []
    for weight in (0.0, 1.0, 100.0):
        chosen = settings(sparsity, "model=sparse_ae", "optimizer.lr=0.01")
        chosen["objective"]["weights"] = {"sparsity": weight}
        torch.manual_seed(0)
        model, plan = build_model(chosen, (1, 8, 8)), build_plan(chosen, "cpu")
        players = model.players()
        optimizers = {n: plan.optimizer(p.parameters()) for n, p in players.items()}
        game = Game(players, optimizers, plan, 200)
        for step in range(200):
            game.play(batch(), 30, step, measure=False)
        found.append(model.report(batch()).more["active_fraction"].mean().item())
    assert found[0] > found[1] >= found[2]


@every_sparsity
@pytest.mark.parametrize("model", ["vae", "hierarchical_vae", "vqvae"])
def test_models_of_other_codes_refuse_it(sparsity: str, model: str) -> None:
    chosen = config(f"model={model}", f"sparsity={sparsity}")
    with pytest.raises(UserError, match=r"^sparsity: is of codes that are points.*model=sparse_ae"):
        build_model(chosen, (1, 8, 8))


def test_a_random_posterior_is_the_models_to_refuse() -> None:
    with pytest.raises(UserError, match="posterior=diagonal_gaussian is random"):
        build("kl", "model=sparse_ae", "posterior=diagonal_gaussian")


def test_the_code_has_one_activation() -> None:
    with pytest.raises(UserError, match=r"posterior\.activation=tanh: sparsity=l1 makes the code"):
        build("l1", "model=ae", "posterior.activation=tanh")


def test_the_model_has_a_code_of_more_units_than_the_data_by_default() -> None:
    assert config("model=sparse_ae", "dataset=mnist")["latent"] > 28 * 28
