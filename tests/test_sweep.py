"""Several jobs of one command."""

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import aetrain
from aetrain.console import console
from aetrain.rest import rest
from aetrain.sweep import Stopped, sweep
from aetrain.sweep_table import print_table
from tests.conftest import TINY, Shell
from tests.test_resume import wait_for


def test_a_failing_job_is_alone(tmp_path: Path, shell: Shell) -> None:
    done = shell("-m", *TINY, "model=ae,vae", "posterior=diagonal_gaussian", "seed=0,1")
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    (directory,) = (tmp_path / "outputs/multirun").glob("*/*")
    records = {p.parent.name: json.loads(p.read_text()) for p in directory.glob("*/job.json")}
    assert {name: record["status"] for name, record in records.items()} == {
        "0": 2,
        "1": 2,
        "2": 0,
        "3": 0,
    }
    assert "this model encodes to a point" in (directory / "0/train.log").read_text()
    table = done.stdout[done.stdout.rindex(str(directory.relative_to(tmp_path))) :]
    assert table.count("failed") == 4  # in the row and in the line below, for two jobs
    assert "model=vae seed=1" in table


def test_a_sweep_equals_its_jobs_alone(here: Path, shell: Shell) -> None:
    assert shell(*TINY, "-m", "seed=0,1,2").returncode == 0
    alone = aetrain.train([*TINY, "seed=2", "run.dir=alone"])
    (directory,) = Path("outputs/multirun").glob("*/*")
    third = json.loads((directory / "2/results.json").read_text())
    assert third["test/elbo"] == alone["test/elbo"]


def test_only_a_signal_ends_a_sweep_silently(here: Path) -> None:
    def refuse(arguments: list[str]) -> None:
        raise SystemExit(2)  # as argparse ends a program

    with pytest.raises(SystemExit):
        sweep(["--multirun", "seed=0,1"], refuse)
    assert not list(here.iterdir())


def job(directory: Path, command: list[str], status: int = 0, **results: float) -> None:
    """Write what a sweep's job leaves."""
    directory.mkdir(parents=True)
    record = {"command": command, "status": status, "error": "too far"}
    record["number"] = int(directory.name)
    (directory / "job.json").write_text(json.dumps(record))
    if results:
        named = {f"test/{name}": value for name, value in results.items()}
        (directory / "results.json").write_text(json.dumps(named))


LONG = [f"objective.weights.number_{i}=0.{i}" for i in range(20)]


@pytest.mark.parametrize("width", [110, 50])
def test_long_overrides_hide_no_figure(
    width: int, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "width", width)
    figures = {"elbo": -101.25, "distortion": 91.5, "rate": 9.75, "nll": 99.25, "error": 0.125}
    job(here / "s/0", [*LONG, "seed=0", f"dataset.path={'x' * 300}"], **figures)
    job(here / "s/1", ["seed=1"], 2)
    print_table(Path("s"), [])
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    (first,) = [line.split() for line in lines if "-101.25" in line]
    assert first[0] == "0"
    assert first[-5:] == ["-101.25", "91.50", "9.75", "99.25", "0.1250"]
    assert ["1", "seed=1", "failed"] in [line.split() for line in lines]
    assert printed.count("number_") == len(LONG)


def test_a_sweep_of_one_job_that_failed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job(here / "s/0", LONG, 2)
    print_table(Path("s"), [])
    lines = capsys.readouterr().out.splitlines()
    (row,) = [line.split() for line in lines if line.startswith("0 ")]
    assert row[-1] == "failed"
    assert lines[-1] == "job 0 failed: too far"


def checkpoint(directory: Path) -> None:
    """Write what a run that was stopped leaves."""
    (directory / "checkpoints").mkdir()
    (directory / "checkpoints/last.ckpt").touch()


def test_what_a_stopped_sweep_leaves_undone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def stop(arguments: list[str]) -> None:
        common = ["network.hidden=[8]", "allow=[mine]"]
        job(Path("s/0"), ["seed=0", "latent=2", *common], elbo=-3.5)
        job(Path("s/1"), ["seed=0", "latent=3", *common], 130)
        checkpoint(Path("s/1"))
        raise Stopped(130)

    words = ["seed=0,1", "latent=2,3", "network.hidden=[8]", "allow=[mine]"]
    options = ["--multirun", "--config-dir=own", "hydra.sweep.dir=s"]
    assert sweep([*options, *words], stop) == 130
    lines = capsys.readouterr().out.splitlines()
    assert "failed" not in "".join(lines)
    assert ["1", "latent=3", "stopped"] in [line.split() for line in lines]
    rest = " 'network.hidden=[8]' 'allow=[mine]'"
    assert lines[-3:] == [
        "job 1 stopped; go on with: aetrain resume=s/1 'allow=[mine]'",
        f"job 2 not begun; do it with: aetrain --config-dir=own seed=1 latent=2{rest} run.dir=s/2",
        f"job 3 not begun; do it with: aetrain --config-dir=own seed=1 latent=3{rest} run.dir=s/3",
    ]


def test_a_job_that_was_stopped_before_its_first_checkpoint(here: Path) -> None:
    job(Path("s/0"), ["seed=0"], 130)
    jobs = [json.loads(Path("s/0/job.json").read_text()) | {"name": "0"}]
    assert list(rest(Path("s"), jobs, ["seed=0"])) == [
        "job 0 stopped; it has no checkpoint yet; do it again with: aetrain seed=0"
        " run.dir=s/0-again"
    ]


def test_of_a_sweeper_that_chooses_nothing_is_foretold(here: Path) -> None:
    jobs = [{"name": "0", "number": 0, "command": ["latent=7"], "status": 0}]
    assert list(rest(Path("s"), jobs, ["latent=interval(2,9)"])) == []
    assert list(rest(Path("s"), jobs, ["latent=range(2,9)"])) == []


def test_of_a_sweeper_that_came_to_its_end_nothing_is_left(here: Path) -> None:
    jobs = [{"name": "0", "number": 0, "command": ["seed=0"], "status": 0, "chosen": True}]
    assert list(rest(Path("s"), jobs, ["seed=0,1"])) == []


def test_of_many_jobs_that_have_not_begun_the_first_are_told(here: Path) -> None:
    lines = list(rest(Path("s"), [], ["seed=range(0,2000)"]))
    assert len(lines) == 11
    assert lines[9] == "job 9 not begun; do it with: aetrain seed=9 run.dir=s/9"
    assert lines[10] == "1990 more not begun, to job 1999"


def test_a_directory_in_quotes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handed: list[str] = []

    def stop(arguments: list[str]) -> None:
        handed.append(arguments[-1])
        job(Path("outputs/s w/0"), ["seed=0"], elbo=-3.5)
        job(Path("outputs/s w/1"), ["seed=1"], 130)
        checkpoint(Path("outputs/s w/1"))
        raise Stopped(130)

    named = "hydra.sweep.dir='outputs/s w'"
    assert sweep(["--multirun", named, "seed=0,1,2"], stop) == 130
    assert handed == [named]
    lines = capsys.readouterr().out.splitlines()
    assert ["0", "seed=0", "-3.50"] in [line.split() for line in lines]
    went_on, begun = (shlex.split(line.partition("with: ")[2]) for line in lines[-2:])
    assert went_on == ["aetrain", "resume=outputs/s w/1"]
    assert begun == ["aetrain", "seed=2", "run.dir='outputs/s w/2'"]


def test_a_job_that_was_stopped_after_its_test(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job(Path("s/0"), ["seed=0"], 130, elbo=-3.5)
    checkpoint(Path("s/0"))
    print_table(Path("s"), ["seed=0"])
    lines = capsys.readouterr().out.splitlines()
    assert ["0", "seed=0", "-3.50"] in [line.split() for line in lines]
    assert lines[-1] == "job 0 stopped; go on with: aetrain resume=s/0"


def test_ctrl_c_ends_a_sweep_that_can_be_done_to_its_end(here: Path) -> None:
    job = ["trainer.max_epochs=100000", *TINY[1:], "callbacks.checkpoint.every_n_steps=3"]
    process = subprocess.Popen(
        [sys.executable, "-m", "aetrain", "-m", *job, "seed=0,1", "hydra.sweep.dir=s"],
        cwd=here,
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_for(Path("s/0/checkpoints/last.ckpt"), process)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=100)
    assert process.returncode == 130
    first, second = [line.split(": ")[1] for line in printed.splitlines() if "with: " in line][-2:]
    assert first == "aetrain resume=s/0"
    assert second == shlex.join(["aetrain", *job, "seed=1", "run.dir=s/1"])
    assert "stopped" in printed[printed.rindex("overrides") :]
    saved = torch.load("s/0/checkpoints/last.ckpt", weights_only=True)
    more = f"trainer.max_steps={saved['aetrain']['position']['step'] + 3}"
    aetrain.train([*shlex.split(first)[1:], more])
    assert Path("s/0/results.json").is_file()
    aetrain.train([*shlex.split(second)[1:], "trainer.max_epochs=1"])
    assert Path("s/1/results.json").is_file()


def test_a_wrong_sweep_leaves_nothing(tmp_path: Path, shell: Shell) -> None:
    done = shell("-m", "model=ae,vea")
    assert done.returncode == 2
    assert "Did you mean 'vae'?" in done.stderr
    assert not list(tmp_path.rglob("multirun.yaml"))
