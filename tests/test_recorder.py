"""What cannot be recorded, and what a recorded step finds on the device; `test_cuda` records."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import aetrain
from aetrain import job
from aetrain.agreement import likelihood_support
from aetrain.build import build_data, build_model
from aetrain.data.loader import Item
from aetrain.errors import UserError
from aetrain.game import Game, Plan
from aetrain.optimizing import optimizer_of
from aetrain.planning import build_plan
from aetrain.player import Player
from aetrain.recorder import Recorder, Recording, require_recordable
from aetrain.schedules import constant, cosine
from tests.battery import config
from tests.conftest import TINY


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (["model=vae"], None),
        (["model=vae", "optimizer=adamw", "trainer.ema_decay=0.9", "objective=capacity"], None),
        (["model=aae"], None),
        (["model=vqvae"], "cannot repeat what Codebook of this model does"),
        (["model=vae", "optimizer=sgd"], "takes Adam or AdamW with fused=true, and 'model' has"),
        (["model=factor_vae"], "and 'discriminator' has another optimizer"),
    ],
)
def test_what_can_be_recorded(overrides: list[str], reason: str | None) -> None:
    node = config(*overrides, "latent=4", "network.hidden=[8]")
    model, plan, data = build_model(node, (1, 8, 8)), build_plan(node, "cuda"), build_data(node)
    data.load(likelihood_support(node))
    optimizers = {name: optimizer_of(player, plan) for name, player in model.players().items()}
    if reason is None:
        require_recordable(model, optimizers, data)
        return
    with pytest.raises(UserError) as caught:
        require_recordable(model, optimizers, data)
    assert reason in str(caught.value)
    assert str(caught.value).endswith("; set trainer.cuda_graph=false")


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("trainer.max_epochs=2", "takes one NVIDIA GPU"),
        ("trainer.precision=16-mixed", "takes no trainer.precision=16-mixed: use bf16-mixed"),
        ("trainer.detect_anomaly=true", "takes no trainer.detect_anomaly"),
        ("trainer.log_every_n_steps=1", "use trainer.log_every_n_steps=50"),
    ],
)
def test_runs_that_cannot_be_recorded(
    override: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = config(override, "trainer.cuda_graph=true")
    device = "cpu" if "GPU" in reason else "cuda"
    monkeypatch.setattr(job.hardware, "device_count", lambda kind, devices: 1)
    with pytest.raises(UserError) as caught:
        job.assemble(node, {}, None, device)
    assert reason in str(caught.value)


def test_a_run_on_a_processor_is_refused_before_anything_is_written(here: Path) -> None:
    with pytest.raises(UserError, match=r"trainer\.cuda_graph=true: takes one NVIDIA GPU"):
        aetrain.train([*TINY, "trainer.cuda_graph=true"])
    assert not list(here.iterdir())


def test_each_kind_of_batch_is_played_thrice_and_then_replayed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replayed: list[list[int]] = []

    class Graph:
        def __init__(self, rows: torch.Tensor) -> None:
            self.rows = rows

        def replay(self) -> None:
            replayed.append(self.rows.tolist())

    def record(self: Recorder, item: Item) -> Recording:
        rows = torch.zeros_like(item.rows)
        graph: Any = Graph(rows)
        return Recording(graph, rows, None, {"loss": torch.zeros(())})

    monkeypatch.setattr(torch.cuda, "Stream", lambda: None)
    monkeypatch.setattr(Recorder, "_record", record)
    monkeypatch.setattr(Recorder, "_aside", lambda self, item: self._play(item))
    played: list[list[int]] = []

    def play(item: Item) -> dict[str, torch.Tensor]:
        played.append(item.rows.tolist())
        return {"loss": torch.ones(())}

    recorder = Recorder(play)
    epoch = [[0, 1], [2, 3], [4]]
    costs = [
        recorder.play(Item(torch.tensor(rows), None, len(rows)), ["model"])
        for rows in [*epoch, *epoch, *epoch, *epoch]
    ]
    assert played == [[0, 1], [2, 3], [4], [0, 1], [4], [4]]
    assert replayed == [[2, 3], [0, 1], [2, 3], [0, 1], [2, 3], [4]]
    assert sum(cost["loss"].item() for cost in costs) == len(played)


def test_rates_and_scheduled_weights_follow_their_schedules_in_place() -> None:
    weight = nn.Parameter(torch.ones(()))
    player = Player([nn.ParameterList([weight])], lambda batch: {"a": weight, "b": weight})
    plan = Plan(torch.optim.SGD, cosine, {"a": lambda step, total: step / total, "b": 3.0})
    optimizer = torch.optim.Adam([weight], lr=0.5)
    game, plain = (Game({"one": player}, {"one": optimizer}, plan, 10) for _ in range(2))
    game.keep_on_device(torch.device("cpu"))
    rate, scale = optimizer.param_groups[0]["lr"], game.on_device["a"]
    assert list(game.on_device) == ["a"]
    for step in (0, 4, 9):
        game.begin(step)
        assert rate.item() == pytest.approx(0.5 * plain.rate_multiplier(step))
        assert scale.item() == pytest.approx(step / 10)
    assert optimizer.param_groups[0]["lr"] is rate


def test_a_weight_on_the_device_counts_as_the_number_does() -> None:
    weight = nn.Parameter(torch.tensor(2.0))
    player = Player([nn.ParameterList([weight])], lambda batch: {"a": weight.square().view(1)})
    plan = Plan(torch.optim.SGD, constant, {"a": lambda step, total: step / total})
    found = []
    for kept in (False, True):
        optimizer = torch.optim.SGD([weight], lr=0.0)
        game = Game({"one": player}, {"one": optimizer}, plan, 10)
        if kept:
            game.on_device = {"a": torch.zeros(())}
        game.play({"x": torch.zeros(1, 1)}, 1, 5, measure=False)
        assert weight.grad is not None
        found.append(weight.grad.item())
    assert found == [2.0, 2.0]
