"""A run that dies goes on as if it had not: the same weights, bit for bit."""

import csv
import fcntl
import json
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

import aetrain
from aetrain.config.files import groups
from aetrain.errors import Interrupted, UserError
from aetrain.loggers.tensorboard import CONCLUSION
from aetrain.run import Run
from tests.conftest import TINY, Shell, few
from tests.test_execute import scalars

JOB = [
    *("network.hidden=[32]", "trainer.max_epochs=30", "trainer.accelerator=cpu", "seed=3"),
    *("callbacks.early_stopping.patience=null", "evaluation.nll_samples=3"),
    *("schedule=cosine", "callbacks.checkpoint.every_n_steps=7", "dataset.batch_size=90"),
]


def start(directory: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "aetrain", *arguments],
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(path: Path, process: subprocess.Popen[Any]) -> None:
    deadline = time.monotonic() + 100
    while not path.exists():
        assert process.poll() is None, "the run ended before it had a checkpoint"
        assert time.monotonic() < deadline
        time.sleep(0.002)


def equal(a: Path, b: Path) -> None:
    for name in ("last", "best"):
        first, second = (
            torch.load(run / "checkpoints" / f"{name}.ckpt", weights_only=True) for run in (a, b)
        )
        assert first["aetrain"]["position"] == second["aetrain"]["position"]
        assert first["state_dict"].keys() == second["state_dict"].keys()
        for key, tensor in first["state_dict"].items():
            assert torch.equal(tensor, second["state_dict"][key]), key


CODES = ["model.code_prior.width=16", "model.code_prior.depth=1", "model.prior_epochs=5"]
CHEAP = {
    "deep_hvae": ["model.width=8", "model.blocks=[0,0,1,1]", "latent=4"],
    **dict.fromkeys(["vqvae", "rvqvae", "fsq_vae"], CODES),
}
"""What makes a model fast whose default is not."""

STATEFUL = {"gmm": ["model.minibatch=true"]}
"""What gives a model state of its own to go on with whose default has none."""


KILLED = ("vae",)
"""The others are killed by the slow tests."""


@pytest.mark.parametrize("model", groups()["model"])
def test_every_model_goes_on_in_the_middle_of_an_epoch(model: str, here: Path) -> None:
    goes_on([f"model={model}", *CHEAP.get(model, []), *STATEFUL.get(model, [])])


def goes_on(own: list[str]) -> None:
    """Stop a tiny run in its first stage and, where there are more, in the last one; resume it."""
    job = [*TINY, "trainer.steps_per_call=1", "schedule=cosine", "allow=[tests.two_stages]", *own]
    steps = aetrain.train([*job, "run.dir=straight"])["steps"]
    for step in {4, steps - 2}:
        stop = ["+callbacks.stop._target_=tests.two_stages.Stop", f"+callbacks.stop.step={step}"]
        with pytest.raises(Interrupted):
            aetrain.train([*job, f"run.dir=stopped-{step}", *stop])
        more = ["callbacks.stop.step=-1", "allow=[tests.two_stages]"]
        aetrain.train([f"resume=stopped-{step}", *more])
        equal(Path("straight"), Path(f"stopped-{step}"))


@pytest.mark.parametrize("model", few(groups()["model"], KILLED))
def test_killed_at_a_random_step_and_resumed(model: str, here: Path) -> None:
    job = [*JOB, f"model={model}", *CHEAP.get(model, [])]
    process = start(here, *job, "run.dir=killed")
    wait_for(Path("killed/checkpoints/last.ckpt"), process)
    time.sleep(random.random() * 0.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    at = torch.load("killed/checkpoints/last.ckpt", weights_only=True)["aetrain"]
    print("killed after", at["position"])
    aetrain.train(["resume=killed"])
    aetrain.train([*job, "run.dir=straight"])
    equal(Path("killed"), Path("straight"))


def test_one_curve_and_all_overrides_after_a_resumption(here: Path) -> None:
    job = [*TINY, "trainer.log_every_n_steps=1", "run.dir=r"]
    aetrain.train(job)
    results = aetrain.train(["resume=r", "trainer.max_epochs=4"])
    assert results["steps"] == 12
    assert results["run"] == "r"
    events = Path("r/tensorboard")
    steps = []
    for file in sorted(f for f in events.iterdir() if f.suffix != CONCLUSION):
        moved = Path(f"one/{file.name}/tensorboard")
        moved.mkdir(parents=True)
        file.rename(moved / file.name)
        steps += [step for step, _ in scalars(str(moved.parent))["train/elbo"]]
    assert steps == sorted(set(steps)) == list(range(1, 13))
    overrides = yaml.safe_load(Path("r/overrides.yaml").read_text())
    assert overrides == [job, ["resume=r", "trainer.max_epochs=4"]]
    rows = Path("r/metrics.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows[1:]].count("6") == 3  # train, validation, first test


def test_a_finished_run_is_only_tested_again(here: Path) -> None:
    first = aetrain.train([*TINY, "run.dir=r"])
    again = aetrain.train(["resume=r"])
    assert again["steps"] == first["steps"]
    assert again["test/elbo"] == first["test/elbo"]


def test_what_was_evaluated_of_older_weights_is_set_aside(here: Path) -> None:
    job = [*TINY, "callbacks=default", "callbacks.checkpoint.keep=last", "sampler=gaussian_mixture"]
    results = aetrain.train([*job, "sampler.components=2", "run.dir=r"])
    kept = {name: results[name] for name in ("kept_step", "kept_sampler")}
    assert kept == {"kept_step": 6, "kept_sampler": "gaussian_mixture"}
    old = Path("r/evaluation.json")
    old.write_text(json.dumps({"test/parzen": 1.0, **kept}))
    shutil.copytree("r", "copy")
    for run in ("r", "copy"):
        aetrain.train([f"resume={run}"])
        assert Path(run, "evaluation.json").is_file()  # of the same weights
    for number in (1, 2):
        aetrain.train(["resume=r", f"trainer.max_epochs={2 + number}"])
        assert not old.exists()
        log = Path("r/train.log").read_text()
        assert f"evaluated of other weights is in r/evaluation-{number}.json" in log
        assert "test/parzen" in Path(f"r/evaluation-{number}.json").read_text()
        old.write_text('{"test/parzen": 1.0}')


@pytest.mark.parametrize("precision", ["32-true", "64-true", "bf16-mixed"])
def test_resumed_in_the_middle_of_an_epoch(precision: str, here: Path) -> None:
    job = [*TINY, f"trainer.precision={precision}", "trainer.max_steps=5"]
    aetrain.train([*job, "run.dir=straight"])
    aetrain.train([*job, "run.dir=parts", "trainer.max_steps=2"])
    aetrain.train(["resume=parts", "trainer.max_steps=5"])
    equal(Path("straight"), Path("parts"))


def test_annealing_goes_on_where_it_was(here: Path) -> None:
    cycles = ["annealing=cyclical", "annealing.period=3", "trainer.log_every_n_steps=1"]
    aetrain.train([*TINY, *cycles, "run.dir=straight"])
    aetrain.train([*TINY, *cycles, "run.dir=parts", "trainer.max_steps=4"])
    aetrain.train(["resume=parts", "trainer.max_steps=-1"])
    equal(Path("straight"), Path("parts"))
    for run in ("straight", "parts"):
        with open(f"{run}/metrics.csv", newline="") as file:
            found = [row["weight/rate"] for row in csv.DictReader(file)]
        weights = [float(weight) for weight in found if weight]
        assert weights == pytest.approx([0, 2 / 3, 1, 0, 2 / 3, 1])


def test_ctrl_c_saves_and_exits_with_130(here: Path) -> None:
    job = [
        *JOB,
        "schedule=constant",
        "trainer.max_epochs=5000",
        "callbacks.checkpoint.every_n_steps=50",
        "run.dir=r",
    ]
    process = start(here, *job)
    wait_for(Path("r/checkpoints/last.ckpt"), process)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    step = torch.load("r/checkpoints/last.ckpt", weights_only=True)["aetrain"]["position"]["step"]
    assert f"stopped and saved at step {step}" in Path("r/train.log").read_text()
    more = f"trainer.max_steps={step + 20}"
    aetrain.train(["resume=r", more])
    aetrain.train([*job, more, "run.dir=straight"])
    first, second = (
        torch.load(f"{run}/checkpoints/last.ckpt", weights_only=True)["state_dict"]
        for run in ("r", "straight")
    )
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_resumed_epoch_validates_where_the_whole_one_does(here: Path) -> None:
    job = [*JOB, "trainer.val_check_interval=5", "schedule=constant"]
    aetrain.train([*job, "trainer.max_epochs=2", "run.dir=whole"])
    aetrain.train([*job, "trainer.max_epochs=2", "trainer.max_steps=12", "run.dir=parts"])
    aetrain.train(["resume=parts", "trainer.max_steps=-1"])
    whole, parts = (
        [row.split(",")[0] for row in Path(run, "metrics.csv").read_text().splitlines()[1:]]
        for run in ("whole", "parts")
    )
    # the part that ended at step 12 has a validation, a line and a test of its own there
    assert [step for step in parts if step != "12"] == [step for step in whole if step != "12"]


def test_values_given_beside_resume_rule(here: Path) -> None:
    aetrain.train([*TINY, "run.dir=r", "callbacks=default"])
    more = ["optimizer.lr=1e-4", "callbacks.early_stopping.patience=7", "trainer.max_epochs=3"]
    aetrain.train(["resume=r", *more])
    content = torch.load("r/checkpoints/last.ckpt", weights_only=True)
    (group,) = content["optimizer_states"][0]["param_groups"]
    assert group["lr"] == group["initial_lr"] == 1e-4
    stopping = next(v for k, v in content["callbacks"].items() if k.startswith("EarlyStopping"))
    assert stopping["patience"] == 7


def test_what_would_harm_a_run(here: Path) -> None:
    aetrain.train([*TINY, "run.dir=r"])
    assert "keeps nothing" in refused(["resume=r", "trainer.fast_dev_run=true"])
    assert Path("r/checkpoints/last.ckpt").is_file()
    for change in ("trainer=cpu", "network.hidden=[3]", "dataset.limit=3", "latent=5"):
        assert "cannot change in a run that goes on" in refused(["resume=r", change])
    assert refused(["resume=r", "trainer.max_steps=abc"]).endswith("a whole number is needed")
    assert "stands at step 6 already" in refused(["resume=r", "trainer.max_steps=3"])


def test_a_signal_ends_two_processes_together(tmp_path: Path, shell: Shell) -> None:
    two = ["trainer=ddp", "trainer.devices=2", "trainer.max_epochs=5000", "run.dir=r"]
    process = start(tmp_path, *JOB, *two)
    wait_for(tmp_path / "r/checkpoints/last.ckpt", process)
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(60) == 128 + signal.SIGTERM
    finally:
        process.kill()
        process.wait()
    assert "stopped and saved at step" in (tmp_path / "r/train.log").read_text()


def test_the_newest_run_goes_on(here: Path) -> None:
    aetrain.train([*TINY, "trainer.max_steps=4"])
    assert aetrain.train(["resume=last", "trainer.max_steps=-1"])["steps"] == 6
    (run,) = Path("outputs").glob("*/*")
    overrides = yaml.safe_load((run / "overrides.yaml").read_text())
    assert overrides[1] == [f"resume={run}", "trainer.max_steps=-1"]


def test_a_run_that_goes_on_takes_no_other_directory(here: Path) -> None:
    assert refused(["resume=last"]).startswith("last: there is no run under outputs/; choose")
    aetrain.train([*TINY, "run.dir=r"])
    assert refused(["resume=r", "run.dir=s"]).startswith("run.dir=s: a run goes on in its own dir")


def test_a_run_that_is_at_work_is_left_alone(here: Path) -> None:
    aetrain.train([*TINY, "run.dir=r"])
    run = Run(Path("r"))
    with run.held():
        assert refused(["resume=r"]).startswith("r: a process is at work on this run; stop that")
    assert aetrain.train(["resume=r"])["steps"] == 6


def test_of_two_that_go_on_with_a_run_at_once_one_does(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aetrain.train([*TINY, "run.dir=r"])
    run = Run(Path("r"))
    monkeypatch.setattr(Run, "is_running", lambda _: False)  # so it was when both were asked
    with run.held():
        more = ["resume=r", "trainer.max_epochs=4"]
        assert refused(more).startswith("r: a process is at work on this run; stop that one first")
    assert run.commands() == [[*TINY, "run.dir=r"]]


def test_who_looks_whether_a_run_is_running_keeps_nobody_from_it(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "r", exclusive=True)
    with run.log.open("a") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        threading.Timer(0.2, fcntl.flock, (other, fcntl.LOCK_UN)).start()
        with run.held():
            assert run.is_running()
    assert not run.is_running()


def refused(arguments: list[str]) -> str:
    with pytest.raises(UserError) as error:
        aetrain.train(arguments)
    return str(error.value)


def test_what_cannot_be_resumed(here: Path) -> None:
    assert refused(["resume="]) == "resume=: names no run; use resume=RUN, or leave it out"
    assert refused(["resume=r"]) == "r: no such run directory; runs are under outputs/"
    Path("r").mkdir()
    assert refused(["resume=r"]) == "r: not a run directory, as it has no config.yaml"
    aetrain.train([*TINY, "run.dir=s"])
    last = Path("s/checkpoints/last.ckpt")
    told = f"{last}: is a file, and not a run's directory; use {Path('s').resolve()}"
    assert refused([f"resume={last}"]) == told
    whole = last.read_bytes()
    last.write_bytes(whole[: len(whole) // 2])
    assert refused(["resume=s"]).startswith("s/checkpoints/last.ckpt: truncated or damaged")
    last.unlink()
    assert "no checkpoint to go on from" in refused(["resume=s"])
    last.write_bytes(whole)
    assert "Did you mean 'lr'?" in refused(["resume=s", "optimizer.lrr=1"])
    assert "cannot change in a run that goes on" in refused(["resume=s", "seed=1"])


def test_a_target_in_a_checkpoint_is_checked(here: Path) -> None:
    aetrain.train([*TINY, "run.dir=s"])
    for name in ("last", "best"):
        path = Path(f"s/checkpoints/{name}.ckpt")
        content = torch.load(path, weights_only=True)
        content["aetrain"]["config"]["prior"]["_target_"] = "torch.hub.load"
        torch.save(content, path)
    assert "prior._target_" in refused(["resume=s"])
    with pytest.raises(UserError, match=r"prior\._target_='torch.hub.load'"):
        aetrain.load("s")
