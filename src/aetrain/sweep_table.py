"""The table that a sweep ends with."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aetrain.rest import STOPPED, rest

if TYPE_CHECKING:
    from rich.table import Table

RUNNING = "running"
"""The status of a job that is at work."""
FIGURES = (
    "test/elbo",
    "test/distortion",
    "test/rate",
    "test/nll",
    "test/error",
    "test/cross_entropy",
    "test/active_units",
    "time/fit_s",
)
DIGITS = {"test/active_units": 0, "test/error": 4, "test/cross_entropy": 4}
OVERRIDES = 30
"""Columns that a job's overrides have at least, in as many lines as they need."""


def print_table(path: Path, arguments: Sequence[str]) -> None:
    """Print the jobs of a sweep with what they differ in and their figures, and what is left.

    Arguments:
        path: directory of the sweep.
        arguments: its command line.
    """
    from rich.table import Table
    from rich.text import Text

    from aetrain.console import console
    from aetrain.trimmed import print_trimmed

    jobs = jobs_of(path)
    shared = set.intersection(*(set(job["command"]) for job in jobs)) if len(jobs) > 1 else set()
    figures = [n for n in FIGURES if any(n in job["results"] for job in jobs)]
    table = Table(title=f"\n{path}", title_justify="left", box=None, pad_edge=False)
    table.add_column("job", no_wrap=True)
    table.add_column("overrides", overflow="fold")
    for name in figures or ("",):  # one for the word failed or stopped
        head = name.rpartition("/")[2].replace("fit_s", "seconds")
        table.add_column(head, justify="right", no_wrap=True)
    for job in jobs:
        own = Text(" ".join(word for word in job["command"] if word not in shared))
        cells = [_cell(name, job["results"].get(name)) for name in figures]
        # one that was stopped after its test has figures
        known = job["status"] == 0 or (job["status"] == STOPPED and job["results"])
        table.add_row(job["name"], own, *(cells if known else [Text(*_end(job["status"]))]))
    if (least := _least_width(table)) > console.width:
        table.width = least
    print_trimmed(console, table)
    for job in jobs:
        if job["status"] not in (0, STOPPED):
            console.print(f"job {job['name']} failed: {job['error']}", markup=False)
    for line in rest(path, jobs, arguments):
        console.print(line, markup=False)


def _end(status: int) -> tuple[str, str]:
    """Return the word for how a job ended, and its colour."""
    return ("stopped", "yellow") if status == STOPPED else ("failed", "red")


def _least_width(table: "Table") -> int:
    """Return the columns that it takes to cut no figure; a narrow terminal wraps such lines."""
    job, _, *figures = table.columns
    texts = ([len(str(cell)) for cell in (c.header, *c.cells)] for c in (job, *figures))
    return sum(2 + max(lengths) for lengths in texts) + OVERRIDES


def jobs_of(path: Path) -> list[dict[str, Any]]:
    """Return the jobs of a sweep that is over, by number; one that is at work still was ended."""
    jobs = []
    for directory, record in _records(path):
        results = directory / "results.json"
        found = json.loads(results.read_text()) if results.is_file() else {}
        if record["status"] == RUNNING:
            record |= {"status": STOPPED}
        jobs.append(record | {"name": directory.name, "results": found})
    return jobs


def at_work(path: Path) -> list[int]:
    """Return the numbers of the processes, but for this one, that are at work on a job."""
    pids = {r["pid"] for _, r in _records(path) if r["status"] == RUNNING}
    return sorted(pids - {os.getpid()})


def _records(path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for file in sorted(path.glob("*/job.json"), key=lambda f: (len(f.parent.name), f.parent.name)):
        yield file.parent, json.loads(file.read_text())


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.{DIGITS.get(name, 2)}f}"
