"""What a run has taken is counted over all its parts."""

from pathlib import Path

import pytest
import torch

import aetrain
from aetrain import spent
from aetrain.spent import Spent
from tests.conftest import TINY


def test_parts_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(spent.time, "time", lambda: now[0])
    first = Spent()
    now[0] = 1010.0
    first.begin(1004.0)
    now[0] = 1012.0
    first.add_step()
    first.add(0.5, 100)
    now[0] = 1020.0
    state = first.state()
    assert state == {"fit_s": 10.0, "steps_s": 0.5, "examples": 100, "first_step_s": 8.0}
    now[0] = 2000.0
    second = Spent(**state)
    second.begin(1990.0)
    second.add_step()
    second.add(1.5, 100)
    now[0] = 2005.0
    assert second.state() == {"fit_s": 15.0, "steps_s": 2.0, "examples": 200, "first_step_s": 8.0}
    assert second.speed == 100.0


JOB = [*TINY, "run.dir=r"]


def test_a_run_that_goes_on_counts_what_was_spent_before(here: Path) -> None:
    first = aetrain.train([*JOB, "trainer.max_steps=4"])
    assert first["time/fit_s"] > 0
    content = torch.load("r/checkpoints/last.ckpt", weights_only=True)
    kept = content["aetrain"]["spent"]
    assert 0 < kept["steps_s"] < kept["fit_s"] <= first["time/fit_s"]
    assert kept["examples"] == 80
    assert kept["first_step_s"] == first["time/first_step_s"]
    content["aetrain"]["spent"] |= {"fit_s": 1e4, "steps_s": 1e3, "examples": 10**6}
    torch.save(content, "r/checkpoints/last.ckpt")
    again = aetrain.train(["resume=r", "trainer.max_steps=-1"])
    assert 1e4 < again["time/fit_s"] < 1.1e4
    assert again["speed/examples_per_s"] == pytest.approx(1000, rel=0.1)
    assert again["time/first_step_s"] == first["time/first_step_s"]
    tested = aetrain.train(["resume=r"])
    assert 1e4 < tested["time/fit_s"] < 1.1e4
    assert tested["speed/examples_per_s"] == again["speed/examples_per_s"]


def test_stages_are_counted_together(here: Path) -> None:
    results = aetrain.train([*JOB, "model=m1", "trainer.max_epochs=1"])
    kept = torch.load("r/checkpoints/last.ckpt", weights_only=True)["aetrain"]["spent"]
    assert kept["examples"] == results["steps"] * 20
    assert kept["fit_s"] <= results["time/fit_s"]


def test_a_checkpoint_that_does_not_know_what_was_spent(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aetrain.train([*JOB, "trainer.max_steps=4"])
    content = torch.load("r/checkpoints/last.ckpt", weights_only=True)
    del content["aetrain"]["spent"]
    torch.save(content, "r/checkpoints/last.ckpt")
    capsys.readouterr()
    for more in ("trainer.max_steps=5", "trainer.max_steps=-1"):  # nor do those after it
        again = aetrain.train(["resume=r", more])
        for name in ("time/fit_s", "time/first_step_s", "speed/examples_per_s"):
            assert again[name] is None
    assert again["steps"] == 6
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["epochs", "2", "6", "batches"] in printed
    assert not [words for words in printed if words[:1] in (["time"], ["speed"])]
