"""What all tests share."""

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

# the tests' own processes are many and small: one thread each, set before torch is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")

TINY = [
    "trainer.max_epochs=2",
    "trainer.accelerator=cpu",
    "dataset.limit=60",
    "dataset.batch_size=20",
    "network.hidden=[8]",
    "latent=2",
    "evaluation.nll_samples=5",
    "callbacks=none",
]
"""A job of six batches."""


def pytest_collection_finish() -> None:
    """Leave all that has been imported to itself: each run ends with a collection of garbage."""
    gc.collect()
    gc.freeze()


def few(names: Iterable[str], always: Iterable[str]) -> list[Any]:
    """Return parameters of which all but some belong to the slow tests."""
    kept = set(always)
    return [name if name in kept else pytest.param(name, marks=pytest.mark.slow) for name in names]


Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run `aetrain <arguments>` in a directory of its own and return how it ended."""

    def run(*arguments: str, timeout: float = 200) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "aetrain", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a temporary directory the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
