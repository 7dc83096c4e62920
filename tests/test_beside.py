"""Jobs of a sweep beside each other."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from aetrain.beside import (
    MARK,
    SHARED,
    VISIBLE,
    Labelled,
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


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise, as in a terminal: a suite that runs in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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
    out.end()
    assert stream.getvalue().endswith("\n7 | fo\n")
    assert not out.isatty()


def test_the_first_signal_waits_for_other_processes(here: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with waiting(here, lambda: [1]):
        signal.raise_signal(signal.SIGINT)
        assert (here / MARK).exists()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_is_what_it_was_where_none_is_at_work(here: Path) -> None:
    with waiting(here, list), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert not (here / MARK).exists()


def test_sigterm_is_passed_on(here: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"]) as other:
        with waiting(here, lambda: [other.pid]):
            signal.raise_signal(signal.SIGTERM)
        assert other.wait(timeout=20) == -signal.SIGTERM
    assert (here / MARK).exists()


def test_another_thread_has_no_signals(here: Path) -> None:
    def work() -> None:
        with waiting(here, list), beside(0):
            done.append(True)

    done: list[bool] = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done


def test_between_two_jobs_a_signal_is_not_for_the_process() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(KeyboardInterrupt), beside(0):
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


def begun(directory: Path, *words: str) -> subprocess.Popen[str]:
    """Start a sweep of three long jobs, two at a time, and wait until both have saved once."""
    long = ["trainer.max_epochs=100000", "callbacks.checkpoint.every_n_steps=1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "aetrain", *JOBLIB, *long, "seed=0,1,2", *words],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for number in range(2):
        wait_for(directory / f"s/{number}/checkpoints/last.ckpt", process)
    return process


@pytest.mark.parametrize("alone", [False, True])
def test_a_signal_saves_every_job_and_begins_no_other(alone: bool, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / MARK).touch()  # of a sweep before, which is nothing to this one
    process = begun(tmp_path, "hydra.sweep.dir=s")
    try:
        if alone:
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, error = process.communicate(timeout=100)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert out.count("stopped and saved at step") == 2
    assert "job 0 stopped; go on with: aetrain resume=s/0" in out
    assert "job 2 not begun; do it with: aetrain" in out


def test_a_process_that_is_killed_is_told_of(tmp_path: Path) -> None:
    process = begun(tmp_path, "hydra.sweep.dir=s")
    try:
        os.kill(json.loads((tmp_path / "s/0/job.json").read_text())["pid"], signal.SIGKILL)
        out, error = process.communicate(timeout=100)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 1
    assert "Traceback" not in error
    assert "aetrain: a process of the launcher has died" in error
    assert "job 0 stopped; go on with: aetrain resume=s/0" in out


def test_what_is_wrong_with_a_job_is_told_by_its_process(shell: Shell) -> None:
    done = shell(*JOBLIB, "trainer.max_epochs=1,${oc.env:NOPE}")
    assert done.returncode == 2
    assert "job 1 failed: " in done.stdout
    assert "NOPE" in done.stderr
