"""Runs of several stages: one directory, one curve, exact resumption through every change."""

import csv
import os
import signal
from pathlib import Path

import pytest
import torch

import aetrain
from aetrain.errors import Interrupted
from aetrain.models.gmm import GMM
from aetrain.priors.mixture_prior import MixturePrior
from aetrain.run import Run
from tests.conftest import TINY
from tests.test_resume import equal

YAML = """# @package _global_
# codes, then a density of them
defaults:
  - override /posterior: delta
  - override /objective: reconstruction
model:
  _target_: tests.two_stages.TwoStages
  _partial_: true
  epochs: 3
"""
BATCHES = 3
JOB = [
    *("model=two_stages", "allow=[tests.two_stages]", *TINY, "evaluation.nll_samples=0"),
    *("trainer.steps_per_call=1", "optimizer.lr=0.01", "schedule=cosine"),
]


@pytest.fixture
def choices(here: Path) -> str:
    (here / "choices/model").mkdir(parents=True)
    (here / "choices/model/two_stages.yaml").write_text(YAML)
    return str(here / "choices")


def run(choices: str, *more: str) -> dict:
    return aetrain.train([*JOB, *more], config_dirs=[choices])


def test_each_stage_trains_its_own(choices: str, capsys: pytest.CaptureFixture[str]) -> None:
    results = run(choices, "run.dir=r", "trainer.log_every_n_steps=1")
    printed = capsys.readouterr().out
    assert all(f"{line}  " in printed for line in ("codes epoch 2/2", "density epoch 3/3"))
    assert (results["epochs"], results["steps"]) == (5, 5 * BATCHES)
    first, last = (torch.load(f"r/checkpoints/{n}.ckpt") for n in ("stage-0", "last"))
    a, b = first["state_dict"], last["state_dict"]
    assert all(torch.equal(a[k], b[k]) for k in a if k.startswith(("encoder", "decoder")))
    assert torch.equal(a["loc"], torch.zeros(2))
    assert not torch.equal(b["loc"], a["loc"])
    assert b["begun"].tolist() == [1, 1]
    assert b["count.steps"].tolist() == [15, 9]  # all steps, and those of the stage
    position = last["aetrain"]["position"]
    assert (position["stage"], position["epoch"], position["steps_before"]) == (1, 3, 6)
    with open("r/metrics.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["stage"]]
    assert [int(row["step"]) for row in rows] == list(range(1, 16))
    assert [float(row["stage"]) for row in rows] == 6 * [0] + 9 * [1]
    # each stage has a cosine of its own
    rates = [float(row["optimizer/codes_lr"] or row["optimizer/density_lr"]) for row in rows]
    assert rates[0] == rates[6] == 0.01
    assert rates[5] < rates[4]


@pytest.mark.parametrize("step", [2, 6, 7, 11])
def test_stopped_anywhere_and_resumed(step: int, choices: str) -> None:
    run(choices, "run.dir=straight")
    stop = ["+callbacks.stop._target_=tests.two_stages.Stop", f"+callbacks.stop.step={step}"]
    with pytest.raises(Interrupted):
        run(choices, "run.dir=parts", *stop)
    saved = torch.load("parts/checkpoints/last.ckpt")["aetrain"]
    assert saved["position"]["step"] == step
    aetrain.train(["resume=parts", "callbacks.stop.step=-1", "allow=[tests.two_stages]"])
    equal(Path("straight"), Path("parts"))


def test_died_between_two_stages(choices: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first stage is over and saved, nothing of the second one is."""
    run(choices, "run.dir=straight")

    def die(run: Run, stage: int, stages: int) -> Path:
        if stage == 1:
            raise MemoryError
        return best_of(run, stage, stages)

    best_of = Run.best_of
    with monkeypatch.context() as patched:
        patched.setattr(Run, "best_of", die)
        with pytest.raises(MemoryError):
            run(choices, "run.dir=parts")
    aetrain.train(["resume=parts", "allow=[tests.two_stages]"])
    equal(Path("straight"), Path("parts"))


@pytest.mark.parametrize(("model", "fits"), [("gmm", GMM), ("vade", MixturePrior)])
def test_a_signal_ends_the_beginning_of_a_stage_at_once(
    model: str, fits: type, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mixture of many starts takes a minute, and stands before the first batch or between two."""

    def slow(*args: object, **options: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the fit went on")

    job = [*TINY, f"model={model}"]
    aetrain.train([*job, "run.dir=straight"])
    with monkeypatch.context() as patched:
        patched.setattr(fits, "fit", slow)
        with pytest.raises(Interrupted):
            aetrain.train([*job, "run.dir=parts"])
    aetrain.train(["resume=parts"])
    equal(Path("straight"), Path("parts"))


def test_a_stage_of_its_own_length_heeds_no_other_limit_of_epochs(choices: str) -> None:
    run(choices, "run.dir=r")
    again = aetrain.train(["resume=r", "trainer.max_epochs=1", "allow=[tests.two_stages]"])
    assert again["epochs"] == 5
    assert "go on  " not in Path("r/train.log").read_text()


QUANTISED = [
    *(*TINY, "trainer.steps_per_call=1", "schedule=cosine", "model.prior_epochs=3"),
    *("allow=[tests.two_stages]", "model.code_prior.width=16"),
]


@pytest.mark.parametrize("model", ["vqvae", "rvqvae", "fsq_vae"])
def test_quantised_codes_stopped_in_either_stage_and_resumed(model: str, here: Path) -> None:
    """Their codebooks' averages and revived codes, and the prior's, are in the checkpoint."""
    job = [*QUANTISED, f"model={model}"]
    results = aetrain.train([*job, "run.dir=straight"])
    assert results["steps"] == 5 * BATCHES
    for step in (4, 10):
        stop = ["+callbacks.stop._target_=tests.two_stages.Stop", f"+callbacks.stop.step={step}"]
        with pytest.raises(Interrupted):
            aetrain.train([*job, f"run.dir=stopped-{step}", *stop])
        more = ["callbacks.stop.step=-1", "allow=[tests.two_stages]"]
        again = aetrain.train([f"resume=stopped-{step}", *more])
        equal(Path("straight"), Path(f"stopped-{step}"))
        assert again["test/elbo"] == results["test/elbo"]


def test_the_second_stage_of_quantised_codes_trains_the_prior_alone(here: Path) -> None:
    aetrain.train([*QUANTISED, "model=vqvae", "run.dir=r"])
    first, last = (
        torch.load(f"r/checkpoints/{name}.ckpt")["state_dict"] for name in ("stage-0", "last")
    )
    for name, tensor in first.items():
        assert torch.equal(tensor, last[name]) != name.startswith("code_prior."), name
