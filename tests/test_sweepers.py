"""Sweepers that choose by what jobs return."""

import math
from pathlib import Path
from typing import Any

import pytest

from aetrain.errors import UserError
from aetrain.sweep import watched
from tests.conftest import TINY, Shell

LEAST = """
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper


class Least(Sweeper):
    def __init__(self, **params):
        self.rates = (0.1, 0.001)

    def setup(self, **context):
        self.config = context["config"]
        self.launcher = Plugins.instance().instantiate_launcher(**context)

    def sweep(self, arguments):
        jobs = [[*arguments, f"optimizer.lr={rate}"] for rate in self.rates]
        found = [self.launcher.launch([job], initial_job_idx=i)[0] for i, job in enumerate(jobs)]
        print("chosen:", min((job.return_value, job.overrides[-1]) for job in found))
"""


@pytest.fixture
def least(tmp_path: Path) -> str:
    """Return the override that has a sweeper choose the job with the least figure."""
    (tmp_path / "hydra_plugins").mkdir()
    (tmp_path / "hydra_plugins/least.py").write_text(LEAST)
    return "hydra.sweeper._target_=hydra_plugins.least.Least"


def test_a_sweeper_is_given_the_cost(least: str, shell: Shell) -> None:
    done = shell(*TINY, least, "-m")
    assert done.returncode == 0, done.stderr
    assert "not begun" not in done.stdout
    assert "optimizer.lr=0.1')" in done.stdout.partition("chosen: ")[2]


def test_a_sweeper_is_told_that_there_is_no_figure(
    least: str, shell: Shell, tmp_path: Path
) -> None:
    done = shell(*TINY, least, "-m", "trainer.limit_val_batches=0")
    assert done.returncode == 2
    told = [line for line in done.stderr.splitlines() if line.startswith("aetrain: ")]
    assert [line.partition(": the")[0] for line in told] == [
        "aetrain: job 0: val/best_cost=null",
        "aetrain: job 1: val/best_cost=null",
    ]
    assert "Traceback" not in done.stderr
    assert "chosen" not in done.stdout
    assert len(list(tmp_path.rglob("job.json"))) == 2


NONE: list[dict[str, Any]] = [
    {},
    {"val/best_cost": None},
    {"val/best_cost": math.nan},
    {"val/best_cost": math.inf},
]


@pytest.mark.parametrize("results", NONE)
def test_no_figure_is_an_error(results: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"^val/best_cost=\w+: the sweeper has no figure to go by"):
        watched(results)


def test_the_figure() -> None:
    assert watched({"val/best_cost": 2}) == 2.0
