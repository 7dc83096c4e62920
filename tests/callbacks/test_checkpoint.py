"""When a run is saved."""

import csv
from pathlib import Path

import pytest
import torch

import aetrain
from aetrain.errors import UserError
from tests.conftest import TINY


def position(run: str, name: str) -> dict[str, int]:
    path = Path(run) / "checkpoints" / f"{name}.ckpt"
    return torch.load(path, weights_only=True)["aetrain"]["position"]


def test_the_best_and_the_last(here: Path) -> None:
    # a rate that is far too high makes the first validation the best
    job = ["optimizer=adam", "optimizer.lr=0.5", "trainer.max_epochs=6", "run.dir=r"]
    results = aetrain.train([*TINY, *job])
    costs = {
        int(row.split(",")[0]): row for row in Path("r/metrics.csv").read_text().splitlines()[1:]
    }
    assert costs
    at_the_end = {"epoch": 6, "batch": 0, "step": 18, "stage": 0, "finished": True}
    assert position("r", "last") == at_the_end | {"epochs_before": 0, "steps_before": 0}
    best = torch.load("r/checkpoints/best.ckpt", weights_only=True)
    assert best["aetrain"]["position"]["step"] <= 18
    assert results["val/best_cost"] < float("inf")


def test_the_last_instead_of_the_best(here: Path) -> None:
    job = ["optimizer=adam", "optimizer.lr=0.5", "trainer.max_epochs=6", "run.dir=r"]
    results = aetrain.train([*TINY, *job, "callbacks.checkpoint.keep=last"])
    kept = torch.load("r/checkpoints/best.ckpt", weights_only=True)
    last = torch.load("r/checkpoints/last.ckpt", weights_only=True)
    assert kept["aetrain"]["position"]["step"] == 18
    for name, weights in kept["state_dict"].items():
        torch.testing.assert_close(weights, last["state_dict"][name], rtol=0, atol=0)
    rows = csv.DictReader(Path("r/metrics.csv").read_text().splitlines())
    costs = [row["val/cost"] for row in rows]
    assert results["val/best_cost"] == pytest.approx(float([c for c in costs if c][-1]))
    with pytest.raises(
        UserError, match=r"callbacks\.checkpoint\.keep='first': choose from best, last"
    ):
        aetrain.train([*TINY, "callbacks.checkpoint.keep=first"])


@pytest.mark.parametrize(("more", "saves"), [("every_seconds=0", 5), ("every_seconds=1000", 1)])
def test_how_often(more: str, saves: int, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aetrain.callbacks.checkpoint import Checkpoints

    counted: list[int] = []
    save = Checkpoints.save

    def count(self: Checkpoints, trainer: object, model: object) -> None:
        counted.append(1)
        save(self, trainer, model)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(Checkpoints, "save", count)
    aetrain.train([*TINY, "trainer.max_epochs=4", f"callbacks.checkpoint.{more}"])
    assert len(counted) == saves  # each epoch's end, and the end
