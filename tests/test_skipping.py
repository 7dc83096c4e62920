"""Updates that are left out."""

import copy
import csv
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import aetrain
from aetrain.errors import UserError
from aetrain.game import Game, Plan
from aetrain.planning import build_plan
from aetrain.player import Batch, Player
from aetrain.skipping import beyond
from tests.battery import Case, cases, config
from tests.conftest import TINY

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("norm", "limit", "out"),
    [(1.0, 2.0, 0), (2.0, 2.0, 0), (2.1, 2.0, 1), (NAN, 2.0, 1), (INF, 2.0, 1), (INF, INF, 1)],
)
def test_which(norm: float, limit: float, out: int) -> None:
    assert bool(beyond(torch.tensor(norm), limit)) is bool(out)


def play(optimizer: Any, rows: list[Tensor], skip: float | None, **options: Any) -> tuple:
    """Return weights and flags after a step for each x, of the cost (w x)²."""
    torch.manual_seed(0)
    layer = nn.Linear(2, 1, bias=False)
    own = optimizer(layer.parameters())

    def terms(batch: Batch) -> Any:
        return {"cost": layer(batch["x"]).square().squeeze(1)}

    game = Game({"model": Player([layer], terms)}, {"model": own}, Plan(skip_above=skip), 9)
    game.scaler = options.get("scaler")
    costs = [game.play({"x": x}, len(x), 0, measure=False) for x in rows]
    return layer.weight.detach(), [int(c["skipped"]) for c in costs if "skipped" in c], own


def state(optimizer: Any) -> list[Any]:
    return [v for s in optimizer.state_dict()["state"].values() for v in s.values()]


SMALL, LARGE = torch.full((3, 2), 0.5), torch.full((3, 2), 50.0)
BROKEN = torch.full((3, 2), NAN)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("case", cases("optimizer"))
def test_nothing_moves_where_an_update_is_left_out(case: Case, first: bool) -> None:
    """Weights, moments and counts are those of a game in which these batches never were."""
    make = build_plan(case.config, "cpu").optimizer
    before = [] if first else [SMALL]
    rows = [*before, LARGE, BROKEN, 2 * SMALL, SMALL]
    one, flags, optimizer = play(make, rows, 5.0)
    two, none, other = play(make, [*before, 2 * SMALL, SMALL], None)
    assert flags == [*(0 for _ in before), 1, 1, 0, 0]
    assert none == []
    assert torch.equal(one, two)
    for a, b in zip(state(optimizer), state(other), strict=True):
        assert torch.equal(a, b) if isinstance(a, Tensor) else a == b


def test_with_a_scaler_of_gradients() -> None:
    """The norm that counts is the unscaled one; an overflow lowers the scale as ever."""
    make = build_plan(config(), "cpu").optimizer
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    rows = [SMALL, LARGE, torch.full((3, 2), 1e37), SMALL]
    one, flags, _ = play(make, rows, 5.0, scaler=scaler)
    two, _, _ = play(make, [SMALL, SMALL], None)
    assert flags == [0, 1, 1, 0]
    assert scaler.get_scale() == 512
    torch.testing.assert_close(one, two)


def test_each_player_by_itself() -> None:
    modules = {"a": nn.Linear(1, 1), "b": nn.Linear(1, 1)}
    scales = {"a": 1.0, "b": 1e6}
    before = copy.deepcopy(modules)

    def player(name: str) -> Player:
        layer = modules[name]
        return Player([layer], lambda b: {f"cost_{name}": scales[name] * layer(b["x"]).sum(1)})

    players = {name: player(name) for name in modules}
    optimizers = {n: torch.optim.SGD(p.parameters(), lr=0.1) for n, p in players.items()}
    costs = Game(players, optimizers, Plan(skip_above=100.0), 9).play(
        {"x": torch.ones(2, 1)}, 2, 0, measure=True
    )
    assert (bool(costs["a_skipped"]), bool(costs["b_skipped"])) == (False, True)
    assert not torch.equal(modules["a"].weight, before["a"].weight)
    assert torch.equal(modules["b"].weight, before["b"].weight)


def logged(run: str) -> list[float]:
    with open(f"{run}/metrics.csv", newline="") as file:
        return [float(v) for row in csv.DictReader(file) if (v := row["optimizer/skipped"])]


def test_a_run_counts_them(here: Path) -> None:
    job = [*TINY, "trainer.log_every_n_steps=2"]
    aetrain.train([*job, "trainer.skip_gradient_above=1e-9", "run.dir=all"])
    aetrain.train([*job, "trainer.skip_gradient_above=1e9", "run.dir=none"])
    assert sum(logged("all")) == 6
    assert sum(logged("none")) == 0
    paths = [f"{run}/checkpoints/last.ckpt" for run in ("all", "none")]
    left, moved = (torch.load(path, weights_only=True) for path in paths)
    aetrain.train([*job, "trainer.max_steps=0", "run.dir=start"])
    start = torch.load("start/checkpoints/last.ckpt", weights_only=True)["state_dict"]
    assert all(torch.equal(left["state_dict"][k], start[k]) for k in start)
    assert not all(torch.equal(moved["state_dict"][k], start[k]) for k in start)


def test_a_limit_that_nothing_meets() -> None:
    with pytest.raises(UserError, match=r"trainer\.skip_gradient_above=0: leaves out every update"):
        build_plan(config("trainer.skip_gradient_above=0"), "cpu")
