"""What is known of a run that has not come to its end, read without torch."""

import csv
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from aetrain.run import RESULTS, Run

STATE, RUNNING, STOPPED = "state", "running", "stopped"
METRICS = "metrics.csv"
TAIL = 1 << 16
"""Bytes that hold the last lines of metrics.csv."""


def facts_of_unfinished(path: Path, tested: int | None) -> dict[str, Any]:
    """Return `state`, running or stopped, and choices, epochs and steps of a run without results.

    Epochs are those that were finished when the last line of the log was written. Nothing is
    returned of a run that has come to its end; one that was to go on from there, and was stopped,
    has a log that goes beyond its results.

    Arguments:
        path: of the run.
        tested: steps that its results are of, None where it has none.
    """
    state = {STATE: RUNNING if Run(path).is_running() else STOPPED}
    if (path / RESULTS).is_file():
        stopped = tested is not None and _last_step(path / METRICS) > tested
        return state if stopped or state[STATE] == RUNNING else {}
    facts: dict[str, Any] = {f"choice/{k}": v for k, v in _choices(path).items()}
    for row in _rows(path / METRICS):
        found = {"steps": _whole(row.get("step")), "epochs": _whole(row.get("speed/epoch"))}
        facts |= {name: number for name, number in found.items() if number is not None}
    return {**facts, **state}


def _choices(path: Path) -> dict[str, str]:
    try:
        found = yaml.safe_load((path / "choices.yaml").read_text())
    except (OSError, ValueError, yaml.YAMLError):  # a run of an older version, or a damaged file
        return {}
    return found if isinstance(found, dict) else {}


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the lines of a log, as far as they can be read."""
    with suppress(OSError, csv.Error), path.open(newline="", errors="replace") as file:
        yield from csv.DictReader(file)


def _whole(text: str | bytes | None) -> int | None:
    """Return a whole number; None where a line that was cut, or a damaged one, has another text."""
    try:
        return int(float(text or ""))
    except (ValueError, OverflowError):
        return None


def _last_step(path: Path) -> int:
    """Return the step of the last line, without those before: it is asked of every run."""
    try:
        with path.open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - TAIL)
            file.seek(start)
            lines = file.read().splitlines()
    except OSError:
        return 0
    steps = (_whole(line.split(b",")[0]) for line in reversed(lines[1:]) if b"," in line)
    return next((step for step in steps if step is not None), 0)
