"""Runs that the tests of `ae` share."""

from collections.abc import Callable
from pathlib import Path

import pytest

import aetrain
from aetrain.cli.program import main
from tests.conftest import TINY


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run on digits with a code of two numbers."""
    path = tmp_path_factory.mktemp("runs") / "digits"
    aetrain.train([*TINY, f"run.dir={path}", "callbacks=default"])
    return path


@pytest.fixture(scope="session")
def vectors_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run on vectors without labels."""
    folder = tmp_path_factory.mktemp("vectors")
    rows = "\n".join(f"{i % 7},{i % 5},{i % 3}" for i in range(100))
    (folder / "x.csv").write_text(f"a,b,c\n{rows}\n")
    own = ["dataset=array", f"dataset.path={folder / 'x.csv'}", "likelihood=gaussian", "model=ae"]
    aetrain.train([*TINY, *own, f"run.dir={folder / 'run'}"])
    return folder / "run"


Ae = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ae(capsys: pytest.CaptureFixture[str]) -> Ae:
    """Run `ae <arguments>` in this process; return status, output and errors."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(a) for a in arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run
