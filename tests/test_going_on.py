"""What a run that has come to its end can be asked for."""

import shlex
from pathlib import Path
from typing import Any

import pytest

import aetrain
from aetrain.errors import UserError
from aetrain.going_on import longer
from aetrain.position import Position
from aetrain.stage import Stage
from tests.conftest import TINY

WHOLE = Stage()
PATIENCE = "callbacks.early_stopping.patience=50"


def options(
    limits: dict[str, Any], position: Position, stage: Stage = WHOLE, impatient: bool = False
) -> list[str] | None:
    trainer = {"max_epochs": 100, "max_steps": -1, "max_time": None, **limits}
    config = {"trainer": trainer, "callbacks": {"early_stopping": {"patience": 25}}}
    return longer(config, position, stage, impatient)


END = Position(epoch=100, step=300)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, ["trainer.max_epochs=200"]),
        ({"max_epochs": 0}, ["trainer.max_epochs=1"]),
        ({"max_epochs": 500, "max_steps": 300}, ["trainer.max_steps=600"]),
        ({"max_steps": 300}, ["trainer.max_epochs=200", "trainer.max_steps=600"]),
        ({"max_epochs": -1}, []),
        ({"max_epochs": -1, "max_time": "00:13:40:31"}, ["trainer.max_time=01:03:21:02"]),
        ({"max_time": "10:00:00:01"}, ["trainer.max_epochs=200", "trainer.max_time=20:00:00:02"]),
        ({"max_epochs": -1, "max_time": {"minutes": 5}}, []),
    ],
)
def test_the_limits_that_were_reached_are_doubled(
    limits: dict[str, Any], expected: list[str]
) -> None:
    assert options(limits, END) == expected


def test_patience_is_doubled_where_it_has_ended_the_run() -> None:
    assert options({}, Position(epoch=37, step=111), impatient=True) == [PATIENCE]
    assert options({}, END, impatient=True) == ["trainer.max_epochs=200", PATIENCE]


def test_steps_are_those_of_the_stage() -> None:
    position = Position(epoch=2, step=40, stage=1, epochs_before=5, steps_before=30)
    assert options({"max_steps": 10}, position) == ["trainer.max_steps=20"]
    assert options({"max_steps": 40}, position) == []


def test_a_stage_of_its_own_length_gets_no_longer() -> None:
    assert options({"max_epochs": 2}, END, Stage(epochs=100)) is None
    assert options({"max_epochs": 2}, Position(epoch=9), Stage(epochs=100)) == []


def refused(arguments: list[str]) -> str:
    with pytest.raises(UserError) as error:
        aetrain.train(arguments)
    return str(error.value)


def test_fewer_epochs_than_are_done(here: Path) -> None:
    aetrain.train([*TINY, "run.dir=r"])
    said = "stands at epoch 2 already; use a larger number, or -1 for no limit"
    assert refused(["resume=r", "trainer.max_epochs=1"]) == f"trainer.max_epochs=1: the run {said}"
    assert refused(["resume=r", "trainer.max_epochs=0"]) == f"trainer.max_epochs=0: the run {said}"
    assert aetrain.train(["resume=r", "trainer.max_epochs=2"])["epochs"] == 2
    unlimited = ["resume=r", "trainer.max_epochs=-1", "trainer.max_steps=8"]
    assert aetrain.train(unlimited)["steps"] == 8


def test_fewer_epochs_than_are_begun(here: Path) -> None:
    aetrain.train([*TINY, "trainer.max_steps=4", "run.dir=r"])
    more = ["resume=r", "trainer.max_steps=-1"]
    assert "stands in epoch 2 already" in refused([*more, "trainer.max_epochs=1"])
    assert aetrain.train([*more, "trainer.max_epochs=2"])["epochs"] == 2


def test_a_finished_run_says_that_nothing_is_left_to_train(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aetrain.train([*TINY, "run.dir=r"])
    capsys.readouterr()
    aetrain.train(["resume=r"])
    printed = capsys.readouterr().out
    assert "nothing left to train: the run is at its end, step 6; testing it" in printed
    assert "go on        aetrain resume=r trainer.max_epochs=4\n" in printed


def test_a_run_without_patience_says_why_more_epochs_change_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patience = "callbacks.early_stopping.patience"
    job = [*TINY, "callbacks=default", "callbacks.figures=null", "optimizer.lr=0", f"{patience}=1"]
    # a figure that is measured on the same numbers each time gets no better
    steps = aetrain.train([*job, "model=ae", "trainer.max_epochs=9", "run.dir=r"])["steps"]
    capsys.readouterr()
    assert aetrain.train(["resume=r", "trainer.max_epochs=400"])["steps"] == steps
    said = f"as its patience is used up; use a larger {patience} than 1 to train on; testing it"
    assert f"nothing left to train: the run is at its end, step {steps}, {said}" in (
        capsys.readouterr().out
    )


def test_what_is_printed_goes_on_also_where_a_name_has_a_blank(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aetrain.train([*TINY, "run.dir=my runs/r"])
    said = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("go on"))
    _, _, program, *words = shlex.split(said)
    assert (program, words) == ("aetrain", ["resume=my runs/r", "trainer.max_epochs=4"])
    assert aetrain.train(words)["epochs"] == 4


@pytest.mark.parametrize("limit", ["trainer.max_epochs", "trainer.max_steps"])
def test_an_untrained_run_goes_on_as_is_said(limit: str, here: Path) -> None:
    aetrain.train([*TINY, f"{limit}=0", "run.dir=r"])
    assert f"go on        aetrain resume=r {limit}=1\n" in Path("r/train.log").read_text()
    aetrain.load("r")
    whole = aetrain.train([*TINY, f"{limit}=1", "run.dir=whole"])
    parts = aetrain.train(["resume=r", f"{limit}=1"])
    assert parts["steps"] == whole["steps"] > 0
    assert parts["test/elbo"] == whole["test/elbo"]
