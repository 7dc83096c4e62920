"""The record of a run lets somebody do it again."""

import shlex
from pathlib import Path

import pytest

import aetrain
from aetrain.results import command_of
from aetrain.run import Run
from tests.conftest import TINY


def command(path: Path, *commands: list[str]) -> str:
    run = Run.create(path, exclusive=True)
    for words in commands:
        run.write_config({}, {}, words)
    return command_of(run)


def test_what_was_typed(here: Path) -> None:
    assert command(here / "a", ["latent=2"]) == "aetrain latent=2"
    assert command(here / "b", ["network.hidden=[3]"]) == "aetrain 'network.hidden=[3]'"


def test_a_run_that_was_only_stopped_has_one_command(here: Path) -> None:
    assert command(here / "a", ["latent=2"], ["resume=a"], ["resume=a"]) == "aetrain latent=2"
    own = ["latent=2", "allow=[mine]"]
    made = command(here / "b", own, ["resume=b", "allow=[mine]"])
    assert made == "aetrain latent=2 'allow=[mine]'"


def test_what_was_changed_follows(here: Path) -> None:
    made = command(Path("a"), ["latent=2"], ["resume=a"], ["resume=a", "optimizer.lr=1e-4"])
    assert made == "aetrain latent=2 run.dir=a && aetrain resume=a optimizer.lr=1e-4"
    named = command(Path("b"), ["run.dir=b"], ["resume=b", "sampler=flow"])
    assert named == "aetrain run.dir=b && aetrain resume=b sampler=flow"


def test_it_makes_the_same_run(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aetrain.train([*TINY, "trainer.max_epochs=1", "schedule=cosine"])
    results = aetrain.train(["resume=last", "trainer.max_epochs=3"])
    (here / "other").mkdir()
    monkeypatch.chdir(here / "other")
    commands = [shlex.split(part) for part in results["command"].split(" && ")]
    assert [program for program, *_ in commands] == ["aetrain", "aetrain"]
    _, again = (aetrain.train(words) for _, *words in commands)
    assert again["steps"] == results["steps"] == 9
    assert again["test/elbo"] == results["test/elbo"]
