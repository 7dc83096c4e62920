"""What cannot be recorded, and what a recorded step finds on the device; `test_cuda` records."""

from pathlib import Path

import pytest
import torch
from torch import nn

import aetrain
from aetrain.build import build_data, build_model, build_plan, likelihood_support
from aetrain.errors import UserError
from aetrain.game import Game, Plan
from aetrain.optimizing import optimizer_of
from aetrain.player import Player
from aetrain.recorder import require_recordable
from aetrain.schedules import constant, cosine
from tests.battery import config
from tests.conftest import TINY


@pytest.mark.parametrize(
    ("overrides", "alone", "reason"),
    [
        (["model=vae"], True, None),
        (["model=vae", "optimizer=adamw", "trainer.ema_decay=0.9"], True, None),
        (["model=aae"], True, None),
        (["model=vae"], False, "takes one NVIDIA GPU"),
        (["model=vqvae"], True, "cannot repeat what Codebook of this model does"),
        (["model=vae", "optimizer=sgd"], True, "as optimizer=adam and adamw do"),
    ],
)
def test_what_can_be_recorded(overrides: list[str], alone: bool, reason: str | None) -> None:
    node = config(*overrides, "latent=4", "network.hidden=[8]")
    model, plan, data = build_model(node, (1, 8, 8)), build_plan(node, "cuda"), build_data(node)
    data.load(likelihood_support(node))
    optimizers = [optimizer_of(player, plan) for player in model.players().values()]
    if reason is None:
        require_recordable(model, optimizers, data, alone)
        return
    with pytest.raises(UserError) as caught:
        require_recordable(model, optimizers, data, alone)
    assert reason in str(caught.value)
    assert str(caught.value).endswith("set trainer.cuda_graph=false")


def test_a_run_on_a_processor_is_refused_before_anything_is_written(here: Path) -> None:
    with pytest.raises(UserError, match=r"trainer\.cuda_graph=true: takes one NVIDIA GPU"):
        aetrain.train([*TINY, "trainer.cuda_graph=true"])
    assert not list(here.iterdir())


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
