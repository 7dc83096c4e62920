"""The stacked autoencoder's stages: who is trained when, by what, and what a run of them leaves."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import aetrain
from aetrain.build import build_model
from aetrain.corruptions.masking import Masking
from aetrain.errors import Interrupted, UserError
from aetrain.objectives.terms import Weighted
from aetrain.planning import build_plan
from tests.battery import config
from tests.conftest import TINY
from tests.test_resume import equal

EVENT = torch.Size((1, 8, 8))
SMALL = ("network.hidden=[8,5]", "latent=3")
HEAD = ("head=classifier", "head.classes=10")


def build(*overrides: str, model: str = "stacked_ae") -> Any:
    torch.manual_seed(0)
    chosen = config(f"model={model}", *SMALL, *overrides)
    made: Any = build_model(chosen, EVENT).double()
    made.plan = build_plan(chosen, "cpu")
    return made


def batch(n: int = 6) -> dict[str, Tensor]:
    draws = torch.Generator().manual_seed(1)
    x = torch.rand(n, *EVENT, generator=draws).round().double()
    return {"x": x, "y": torch.arange(n) % 10}


def layers(epochs: int | None = None) -> list[tuple[str, int | None]]:
    return [(f"layer {k}", epochs) for k in (1, 2, 3)]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("null", [*layers(), ("fine-tuning", None)]),
        ("4", [*layers(4), ("fine-tuning", None)]),
        ("[4,0,2]", [("layer 1", 4), ("layer 3", 2), ("fine-tuning", None)]),
        ("0", [("fine-tuning", None)]),
    ],
)
def test_stages(chosen: str, expected: list[tuple[str, int | None]]) -> None:
    model = build(f"model.layer_epochs={chosen}")
    assert [(stage.name, stage.epochs) for stage in model.stages] == expected


def test_who_plays_when() -> None:
    model, moved = build(*HEAD), set[int]()
    for stage, term in enumerate(["distortion_1", "distortion_2", "distortion_3", "cross_entropy"]):
        model.position.stage = stage
        model.zero_grad(set_to_none=True)
        (player,) = model.players().values()
        assert list(player.terms(batch())) == [term] == list(model.report(batch()).costs)
        cost = player.terms(batch())[term]
        (cost.cost if isinstance(cost, Weighted) else cost).sum().backward()
        moved = {id(p) for p in model.parameters() if p.grad is not None}
        assert moved == {id(p) for p in player.parameters()}
        if stage < 3:
            up, down = model.encoder.network.layers[2 * stage], model.decoder.network.layers
            pair = [*up.parameters(), *down[2 * (2 - stage)].parameters()]
            assert moved == {id(p) for p in pair}
    assert moved == {id(p) for part in (model.encoder, model.head) for p in part.parameters()}


def test_layers_have_learning_rates_of_their_own() -> None:
    model = build("model.layer_lr=[0.1,0.2,0.3]", "optimizer=sgd", "optimizer.lr=0.5")
    found = []
    for model.position.stage in range(4):
        (optimizer,) = model.configure_optimizers()
        found.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
    assert found == [(0.1, 0.9), (0.2, 0.9), (0.3, 0.9), (0.5, 0.9)]


def test_the_upper_layers_are_given_corrupted_features_and_restore_them() -> None:
    """With all of them masked what they are given is 0; x itself comes corrupted with its batch."""
    model = build("corruption.level=1", model="sdae")
    assert isinstance(model.corruption, Masking)
    assert [stage.corrupted for stage in model.stages] == [True, False, False, False]
    h = model.stack.features(batch()["x"], 1)
    model.position.stage = 1
    (cost,) = model.players()["layer_2"].terms(batch()).values()
    torch.testing.assert_close(cost, model.stack.cost(1, torch.zeros_like(h), h))
    # an evaluation judges what is not corrupted
    torch.testing.assert_close(
        model.report(batch()).costs["distortion_2"], model.stack.cost(1, h, h)
    )
    noisy = {"x": torch.zeros(6, *EVENT).double(), "target": batch()["x"]}
    model.position.stage = 0
    (cost,) = model.players()["layer_1"].terms(noisy).values()
    torch.testing.assert_close(cost, model.stack.cost(0, noisy["x"], noisy["target"]))


def test_the_reconstruction_is_learned_beside_the_labels_where_it_has_a_weight() -> None:
    model = build(*HEAD, "model.layer_epochs=0", "+objective.weights.distortion=0.1")
    (player,) = model.players().values()
    terms = player.terms(batch())
    assert list(terms) == ["cross_entropy", "distortion"]
    plain = build("model.layer_epochs=0")
    plain.load_state_dict(model.state_dict(), strict=False)
    torch.testing.assert_close(terms["distortion"], plain.terms(batch())["distortion"])
    assert {id(p) for p in player.parameters()} == {id(p) for p in model.parameters()}


JOB = [
    *(*TINY, "model=sdae", "head=classifier", "network.hidden=[8]", "model.layer_epochs=2"),
    *("trainer.steps_per_call=1", "schedule=cosine", "optimizer.lr=0.01", "model.layer_lr=0.02"),
    *("dataset.limit=null", "dataset.train_limit=60", "allow=[tests.two_stages]"),
]
BATCHES = 3


def test_a_run_of_all_stages(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = aetrain.train([*JOB, "run.dir=r"])
    printed = capsys.readouterr().out
    for line in ("layer 1 epoch 2/2", "layer 2 epoch 2/2", "fine-tuning epoch 2/2"):
        assert f"{line}  " in printed
    assert results["steps"] == 6 * BATCHES
    assert results["test/error"] == pytest.approx(1 - results["test/accuracy"])
    n = 180  # the sets of 0 and 1 have this variance
    assert results["test/error_se"] == pytest.approx(
        (results["test/error"] * (1 - results["test/error"]) / (n - 1)) ** 0.5
    )
    assert results["test/error_se"] == pytest.approx(results["test/accuracy_se"])
    log = Path("r/metrics.csv").read_text().splitlines()
    names = log[0].split(",")
    for name in ("distortion_1", "distortion_2", "cross_entropy"):
        assert {f"train/{name}", f"val/{name}"} <= set(names)
    # of noise is told where it is trained on, and at the end
    assert {"val/denoising_distortion_1", "test/denoising_cross_entropy"} <= set(names)
    assert "val/denoising_distortion_2" not in names
    # the best weights are those of the smallest validation error
    errors = [float(e) for row in log[1:] if (e := row.split(",")[names.index("val/error")])]
    assert results["val/best_cost"] == pytest.approx(min(errors))
    trained = aetrain.load("r")
    assert trained.model.state_dict()["head.network.layers.0.bias"].shape == (10,)
    states = [torch.load(f"r/checkpoints/{n}.ckpt")["state_dict"] for n in ("stage-0", "stage-1")]
    for name, tensor in states[0].items():
        upper = name.startswith(("encoder.network.layers.2", "decoder.network.layers.0"))
        assert torch.equal(tensor, states[1][name]) != upper, name


@pytest.mark.parametrize("step", [4, 6, 9, 14])
def test_stopped_in_any_stage_and_resumed(step: int, here: Path) -> None:
    aetrain.train([*JOB, "run.dir=straight"])
    stop = ["+callbacks.stop._target_=tests.two_stages.Stop", f"+callbacks.stop.step={step}"]
    with pytest.raises(Interrupted):
        aetrain.train([*JOB, "run.dir=parts", *stop])
    aetrain.train(["resume=parts", "callbacks.stop.step=-1", "allow=[tests.two_stages]"])
    equal(Path("straight"), Path("parts"))


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true", "64-true"])
def test_precisions(precision: str, here: Path) -> None:
    for network in ("mlp", "tied"):
        job = [*JOB, f"network={network}", f"trainer.precision={precision}", "model.layer_epochs=1"]
        results = aetrain.train(job)
        assert 0 <= results["test/error"] <= 1


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["posterior=diagonal_gaussian"],
            "posterior=diagonal_gaussian is random, .*: use posterior=",
        ),
        (["samples=3"], "samples=3: .*encodes to a point"),
        (["model.layer_epochs=[1,2]"], r"layer_epochs=\[1, 2\]: must be one number, or one for ea"),
        (["model.layer_epochs=-1"], "layer_epochs=-1: must be 0 or more"),
        (["model.layer_lr=[0.1,0.1,-0.1]"], r"layer_lr=.*must be 0.* or more"),
    ],
)
def test_what_is_refused(overrides: list[str], message: str) -> None:
    chosen = dict(config("model=stacked_ae", *SMALL))
    if overrides[0].startswith("posterior="):
        chosen["posterior"] = config(*overrides)["posterior"]
    else:
        chosen = config("model=stacked_ae", *SMALL, *overrides)
    with pytest.raises(UserError, match=message):
        build_model(chosen, EVENT)
