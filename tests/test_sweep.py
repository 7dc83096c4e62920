"""Several jobs of one command."""

import json
from pathlib import Path

import pytest

from aetrain.sweep import sweep
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


def test_a_wrong_sweep_leaves_nothing(tmp_path: Path, shell: Shell) -> None:
    done = shell("-m", "model=ae,vea")
    assert done.returncode == 2
    assert "Did you mean 'vae'?" in done.stderr
    assert not list(tmp_path.rglob("multirun.yaml"))
