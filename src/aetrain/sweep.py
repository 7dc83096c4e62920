"""Sweeps: several jobs of one command, each in its own directory, one failing alone."""

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from aetrain.errors import UserError
from aetrain.run import create_directory

DIRECTORY = "hydra.sweep.dir="


def sweep(arguments: list[str], hydra: Callable[[list[str]], None]) -> int:
    """Run all jobs of a sweep and print one table of them, failed ones included.

    Arguments:
        arguments: the command line, with -m.
        hydra: hands a command line to Hydra.

    Returns:
        0, or the status of the worst job: 2 for a mistake in the input, 1 for a fault.
    """
    named = [a.removeprefix(DIRECTORY) for a in arguments if a.startswith(DIRECTORY)]
    now = datetime.now()
    path = (
        Path(named[-1])
        if named
        else Path("outputs/multirun") / f"{now:%Y-%m-%d}" / f"{now:%H-%M-%S}"
    )
    run = create_directory(path, exclusive=not named)
    status = 0
    try:
        hydra([*arguments, f"{DIRECTORY}{run}"])
    except UserError as error:
        status = 2
        if not _jobs(run):  # the sweep itself was refused
            _remove_empty(run)
            raise
        del error
    except Exception:
        if not _jobs(run):
            _remove_empty(run)
            raise
        status = 1
    print_table(run)
    return max(status, *(job["status"] for job in _jobs(run)), 0)


def sweep_job(
    config: dict[str, Any], choices: Mapping[str, str], command: list[str], hydra: Any
) -> float:
    """Do one job of a sweep; a failure is written into its directory at once, and told."""
    from aetrain.train import train

    directory = Path(hydra.runtime.output_dir)
    print(f"\njob {hydra.job.num}: {' '.join(command)}", flush=True)
    record: dict[str, Any] = {"command": command, "status": 0}
    environment = dict(os.environ)
    try:
        results = train(config, choices, command, directory=directory)
        return float(results["val/best_cost"])
    except UserError as error:
        record |= {"status": 2, "error": str(error).splitlines()[0]}
        print(f"aetrain: job {hydra.job.num}: {error}", file=sys.stderr)
        raise
    except BaseException as error:
        record |= {"status": 1, "error": f"{type(error).__name__}: {error}".splitlines()[0]}
        with (directory / "train.log").open("a") as log:
            traceback.print_exc(file=log)
        traceback.print_exc()
        raise
    finally:
        os.environ.clear()
        os.environ.update(environment)
        (directory / "job.json").write_text(json.dumps(record))


def print_table(path: Path) -> None:
    """Print the jobs of a sweep with their figures."""
    from rich.table import Table

    from aetrain.console import console

    table = Table(title=str(path), title_justify="left", box=None, pad_edge=False)
    for name in ("job", "overrides"):
        table.add_column(name)
    figures = ("test/elbo", "test/distortion", "test/rate", "test/nll", "test/active_units")
    for name in (*figures, "time/fit_s"):
        table.add_column(name.split("/")[1], justify="right")
    for job in _jobs(path):
        cells = [_cell(job["results"].get(name)) for name in (*figures, "time/fit_s")]
        if job["status"]:
            cells[0] = f"[red]failed: {job['error']}[/]"
        table.add_row(job["name"], " ".join(job["command"]), *cells)
    console.print(table)


def _jobs(path: Path) -> list[dict[str, Any]]:
    """Return the jobs of a sweep, by number."""
    jobs = []
    for file in sorted(path.glob("*/job.json"), key=lambda f: (len(f.parent.name), f.parent.name)):
        results = file.with_name("results.json")
        found = json.loads(results.read_text()) if results.is_file() else {}
        jobs.append(json.loads(file.read_text()) | {"name": file.parent.name, "results": found})
    return jobs


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _remove_empty(path: Path) -> None:
    for file in (path / "multirun.yaml",):
        file.unlink(missing_ok=True)
    for directory in sorted(path.rglob("*"), reverse=True):
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()
    if not any(path.iterdir()):
        path.rmdir()
