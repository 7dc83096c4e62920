"""What is known of a run that has no results yet, read without torch."""

import csv
from pathlib import Path
from typing import Any

import yaml

from aetrain.run import RESULTS, Run

RUNNING, STOPPED = "running", "stopped"


def facts_of_unfinished(path: Path) -> dict[str, Any]:
    """Return choices, epochs and steps so far, and `state`, running or stopped; else nothing.

    Epochs are those that were finished when the last line of the log was written.
    """
    if (path / RESULTS).is_file():
        return {}
    facts: dict[str, Any] = {f"choice/{k}": v for k, v in _choices(path).items()}
    for row in _rows(path / "metrics.csv"):
        facts["steps"] = int(row["step"])
        if epochs := row.get("speed/epoch"):
            facts["epochs"] = int(float(epochs))
    return {**facts, "state": RUNNING if Run(path).is_running() else STOPPED}


def _choices(path: Path) -> dict[str, str]:
    try:
        return yaml.safe_load((path / "choices.yaml").read_text())
    except (OSError, yaml.YAMLError):  # a run of an older version
        return {}


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    except OSError:
        return []
