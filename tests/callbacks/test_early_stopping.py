"""A run that stops early says so, and goes on where that is asked for."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
import yaml

import aetrain
from aetrain.build import build_model
from aetrain.callbacks.early_stopping import EarlyStopping
from tests.battery import config
from tests.conftest import TINY

STILL = [
    *(*TINY, "callbacks=default", "callbacks.figures=null", "callbacks.review=null"),
    *("optimizer=sgd", "optimizer.lr=0", "trainer.max_epochs=50", "run.dir=r"),
]
"""A job that never gets better after its first epoch."""


def told() -> str:
    return Path("r/train.log").read_text()


def test_it_is_told_and_the_run_goes_on_as_is_said(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = aetrain.train([*STILL, "callbacks.early_stopping.patience=2"])
    assert first["epochs"] == 3
    line = (
        "stopped early in epoch 3 of 50: val/cost was not below"
        f" {first['val/best_cost']:.6g}, of epoch 1, in 2 validations"
        " (callbacks.early_stopping.patience=2)"
    )
    assert line in told()
    assert line in capsys.readouterr().out
    assert "aetrain resume=r callbacks.early_stopping.patience=4\n" in told()
    again = aetrain.train(["resume=r", "callbacks.early_stopping.patience=4"])
    assert again["epochs"] == 5
    assert "stopped early in epoch 5 of 50" in told()
    assert ", of epoch 1, in 4 validations" in told()
    assert aetrain.train(["resume=r", "callbacks.early_stopping.patience=null"])["epochs"] == 50


def test_a_run_out_of_patience_trains_no_more_unless_asked_to(here: Path) -> None:
    aetrain.train([*STILL, "callbacks.early_stopping.patience=2"])
    last = Path("r/checkpoints/last.ckpt").read_bytes()
    again = aetrain.train(["resume=r", "trainer.max_epochs=60"])
    assert again["epochs"] == 3
    assert Path("r/checkpoints/last.ckpt").read_bytes() == last
    assert "nothing left to train" in told()
    assert "stopped early in epoch 4" not in told()


def test_within_an_epoch(here: Path) -> None:
    every = ["trainer.val_check_interval=1", "trainer.steps_per_call=1"]
    results = aetrain.train([*STILL, *every, "callbacks.early_stopping.patience=3"])
    assert results["steps"] == 4
    assert "stopped early in epoch 2 of 50" in told()


def test_a_checkpoint_that_does_not_know_the_epoch_of_the_best(here: Path) -> None:
    aetrain.train([*STILL, "callbacks.early_stopping.patience=2"])
    content = torch.load("r/checkpoints/last.ckpt", weights_only=True)
    for name, state in content["callbacks"].items():
        if name.startswith("EarlyStopping"):
            state.pop("best_epoch", None)
    torch.save(content, "r/checkpoints/last.ckpt")
    aetrain.train(["resume=r", "callbacks.early_stopping.patience=3"])
    assert f"{json.loads(Path('r/results.json').read_text())['val/best_cost']:.6g} in 3" in told()
    assert yaml.safe_load(Path("r/config.yaml").read_text())["callbacks"]["early_stopping"] == {
        "patience": 3
    }


def test_a_figure_that_is_no_number_is_told(here: Path) -> None:
    model, told = build_model(config(), torch.Size((1, 8, 8))), list[str]()
    model.say = told.append
    callback, figures = EarlyStopping("cost", 5), {"val/cost": torch.tensor(3.0)}
    trainer = cast(Any, SimpleNamespace(callback_metrics=figures, max_epochs=-1))
    callback.on_train_end(trainer, model)
    assert told == []
    figures["val/cost"] = torch.tensor(float("nan"))
    callback.on_train_end(trainer, model)
    assert told == ["stopped early in epoch 1: val/cost is nan"]


IMPROVING = [
    *(*TINY, "callbacks=default", "callbacks.figures=null", "callbacks.review=null"),
    *("trainer.max_epochs=30", "trainer.min_epochs=4", "run.dir=r"),
    "callbacks.early_stopping.patience=1",
]


def judged(monkeypatch: pytest.MonkeyPatch, *figures: float) -> None:
    """Let the validations of a run have these figures."""
    given, judge = iter(figures), EarlyStopping.on_validation_end

    def judge_given(self: EarlyStopping, trainer: Any, model: Any) -> None:
        trainer.callback_metrics["val/cost"].fill_(next(given))
        judge(self, trainer, model)

    monkeypatch.setattr(EarlyStopping, "on_validation_end", judge_given)


@pytest.mark.parametrize(
    ("figures", "epochs"),
    [
        ((3, 4, 2, 1, 0.5, 0.4, 0.6), 7),  # out of patience in epoch 2, and better again
        ((3, 4, 5, 6), 4),  # never better
        ((3, 4, 2, 5), 4),
        ((3, 2, 1, 0.5, 0.6), 5),
    ],
)
def test_the_end_is_decided_where_it_can_be(
    figures: tuple[float, ...], epochs: int, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(monkeypatch, *figures)
    assert aetrain.train(IMPROVING)["epochs"] == epochs
    assert f"stopped early in epoch {epochs} of 30" in told()


def test_the_epochs_that_are_a_must_end_a_run_between_two_validations(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(monkeypatch, 3, 4)
    every = "trainer.check_val_every_n_epoch=2"
    assert aetrain.train([*IMPROVING, "trainer.min_epochs=5", every])["epochs"] == 5
    assert "stopped early in epoch 5 of 30" in told()


def test_a_run_that_goes_on_without_patience_may_become_better(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(monkeypatch, 3, 4, 5, 6, 2, 1, 0.5, 0.6)
    assert aetrain.train(IMPROVING)["epochs"] == 4
    assert aetrain.train(["resume=r", "trainer.min_epochs=6"])["epochs"] == 8


def test_what_others_ask_for_is_kept(here: Path) -> None:
    callback = EarlyStopping("cost", 1)
    trainer = cast(Any, SimpleNamespace(should_stop=True, current_epoch=3, min_epochs=None))
    callback.on_fit_start(trainer, cast(Any, None))
    assert trainer.should_stop
