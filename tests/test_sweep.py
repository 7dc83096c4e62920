"""Several jobs of one command."""

import json
from pathlib import Path

import pytest

from aetrain.console import console
from aetrain.sweep import print_table, sweep
from tests.conftest import TINY, Shell


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


def test_a_sweep_equals_its_jobs_alone(tmp_path: Path, shell: Shell) -> None:
    assert shell(*TINY, "-m", "seed=0,1,2").returncode == 0
    assert shell(*TINY, "seed=2", "run.dir=alone").returncode == 0
    (directory,) = (tmp_path / "outputs/multirun").glob("*/*")
    third = json.loads((directory / "2/results.json").read_text())
    alone = json.loads((tmp_path / "alone/results.json").read_text())
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
    print_table(Path("s"))
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    (first,) = [line.split() for line in lines if "-101.25" in line]
    assert first[0] == "0"
    assert first[-5:] == ["-101.25", "91.50", "9.75", "99.25", "0.1250"]
    assert ["1", "seed=1", "failed"] in [line.split() for line in lines]
    assert printed.count("number_") == len(LONG)


def test_a_sweep_of_one_job_that_failed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job(here / "s/0", LONG, 2)
    print_table(Path("s"))
    lines = capsys.readouterr().out.splitlines()
    (row,) = [line.split() for line in lines if line.startswith("0 ")]
    assert row[-1] == "failed"
    assert lines[-1] == "job 0 failed: too far"


def test_a_wrong_sweep_leaves_nothing(tmp_path: Path, shell: Shell) -> None:
    done = shell("-m", "model=ae,vea")
    assert done.returncode == 2
    assert "Did you mean 'vae'?" in done.stderr
    assert not list(tmp_path.rglob("multirun.yaml"))
