"""Jobs of a sweep beside each other."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from aetrain.beside import (
    SHARED,
    VISIBLE,
    Labelled,
    asks_for_beside,
    beside,
    share_devices,
    waiting,
)
from tests.conftest import TINY, Shell
from tests.test_resume import wait_for

JOBLIB = ["-m", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", *TINY]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test declare what it likes, in a process that has shared nothing."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for name in (VISIBLE, SHARED):
        os.environ.pop(name, None)


def gpus(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: number)


@pytest.mark.parametrize(
    ("there", "devices", "expected"),
    [
        (4, 1, ["0", "1", "2", "3", "0", "1"]),
        (2, "1", ["0", "1", "0", "1", "0", "1"]),
        (4, 2, ["0,1", "2,3", "0,1", "2,3", "0,1", "2,3"]),
        (3, 2, ["0,1", "2,0", "1,2", "0,1", "2,0", "1,2"]),
        (2, 3, [None] * 6),  # more than there are: the job says so
        (0, 1, [None] * 6),
        (2, "auto", [None] * 6),
        (2, [1], [None] * 6),
    ],
)
def test_jobs_take_other_gpus_than_their_neighbours(
    there: int, devices: object, expected: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus(monkeypatch, there)
    found = []
    for number in range(6):
        share_devices(number, {"accelerator": "gpu", "devices": devices})
        found.append(os.environ.pop(VISIBLE, None))
        os.environ.pop(SHARED, None)  # each in a process of its own
    assert found == expected


def test_a_process_keeps_the_gpu_that_it_has_begun_with(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 4)
    for number in (1, 2):
        share_devices(number, {"accelerator": "auto", "devices": 1})
    assert os.environ[VISIBLE] == "1"


def test_the_gpus_that_the_user_leaves_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 2)
    os.environ[VISIBLE] = "5,GPU-7"
    share_devices(3, {"accelerator": "gpu", "devices": 1})
    assert os.environ[VISIBLE] == "GPU-7"


@pytest.mark.parametrize("accelerator", ["cpu", "mps"])
def test_other_devices_are_not_shared(accelerator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 2)
    share_devices(1, {"accelerator": accelerator, "devices": 1})
    assert VISIBLE not in os.environ


def test_lines_are_written_whole_and_labelled() -> None:
    stream = io.StringIO()
    out = Labelled(stream, "7 | ")
    for text in ("one", " line\n\n", "two\nthree", "\nfo"):
        print(text, end="", file=out)
    assert stream.getvalue() == "7 | one line\n7 | two\n7 | three\n"
    assert not out.isatty()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["seed=0,1"], False),
        (["hydra/launcher=basic"], False),
        (["hydra/launcher=joblib", "hydra/launcher=basic"], False),
        (["--multirun", "hydra/launcher='joblib'"], True),
    ],
)
def test_another_launcher_is_noticed(words: list[str], expected: bool) -> None:
    assert asks_for_beside(words) == expected


def test_the_second_signal_is_not_waited_for() -> None:
    before = signal.getsignal(signal.SIGINT)
    with waiting():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_between_two_jobs_a_signal_is_not_for_the_process() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(KeyboardInterrupt), beside(0, {"accelerator": "cpu", "devices": 1}):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_jobs_beside_each_other_are_those_of_the_basic_launcher(
    shell: Shell, tmp_path: Path
) -> None:
    words = ["model=vae,ae", "posterior=diagonal_gaussian", "seed=0,1"]
    done = shell(*JOBLIB, *words, "hydra.sweep.dir=beside")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout.count("failed: ") == 2
    assert {line[:4] for line in done.stdout.splitlines() if " | " in line} >= {"0 | ", "1 | "}
    assert shell("-m", *TINY, *words, "hydra.sweep.dir=one").returncode == 2
    for number in range(2):
        states = [
            torch.load(tmp_path / d / str(number) / "checkpoints/last.ckpt", weights_only=True)
            for d in ("beside", "one")
        ]
        for key, tensor in states[0]["state_dict"].items():
            assert torch.equal(tensor, states[1]["state_dict"][key])


def test_ctrl_c_saves_every_job_and_begins_no_other(tmp_path: Path) -> None:
    long = ["trainer.max_epochs=100000", "callbacks.checkpoint.every_n_steps=1"]
    words = [*JOBLIB, *long, "seed=0,1,2", "hydra.sweep.dir=s"]
    process = subprocess.Popen(
        [sys.executable, "-m", "aetrain", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        for number in range(2):
            wait_for(tmp_path / f"s/{number}/checkpoints/last.ckpt", process)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, error = process.communicate(timeout=100)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert out.count("stopped and saved at step") == 2
    assert "job 0 stopped; go on with: aetrain resume=s/0" in out
    assert "job 2 not begun; do it with: aetrain" in out
