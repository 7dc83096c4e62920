"""Sweeps: several jobs of one command, each in its own directory, one failing alone."""

import json
import math
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aetrain.beside import MARK, SHARED, VISIBLE, beside, runs_beside, share_devices, waiting
from aetrain.config.jobs import is_basic
from aetrain.config.quoting import quoted, read
from aetrain.errors import Interrupted, UserError
from aetrain.rest import STOPPED, not_begun
from aetrain.sweep_table import RUNNING, at_work, jobs_of, print_table
from aetrain.writing import create_directory, write_atomically

if TYPE_CHECKING:
    from omegaconf import DictConfig

WATCHED = "val/best_cost"
"""What a sweeper that optimises is given of each job."""
DIRECTORY = "hydra.sweep.dir="


class Stopped(SystemExit):
    """A signal ended a job, and with it the sweep: after an Exception Hydra would go on."""


class JobFailed(UserError):
    """A job failed, and was told of.

    Attributes:
        wanted: whether the sweeper chooses by figures, and is to know that there is none.
    """

    def __init__(self, message: str, *, wanted: bool = False) -> None:
        # a process hands it to another one with the message alone, and sets `wanted` after that
        self.wanted = wanted
        super().__init__(message)


def sweep(arguments: list[str], hydra: Callable[[list[str]], None]) -> int:
    """Run all jobs of a sweep and print one table of them, failed ones included.

    Arguments:
        arguments: the command line, checked, with --multirun.
        hydra: hands a command line to Hydra.

    Raises:
        Exception: what the sweeper raised, but for a job's failure, which has been told.

    Returns:
        0, or the status of the worst job: 130 for a signal, 1 for a fault, 2 for a mistake in the
        input.
    """
    named = [read(a) for a in arguments if a.startswith(DIRECTORY)]
    now = datetime.now()
    path = (
        Path(named[-1])
        if named
        else Path("outputs/multirun") / f"{now:%Y-%m-%d}" / f"{now:%H-%M-%S}"
    )
    run = create_directory(path, exclusive=not named, option=f"{DIRECTORY}...")
    (run / MARK).unlink(missing_ok=True)  # of a sweep that was there before
    died = False
    try:
        with waiting(run, lambda: at_work(run)):
            hydra([*arguments, f"{DIRECTORY}{quoted(run)}"])
    except (Stopped, JobFailed):
        pass
    except BrokenExecutor:  # of what is raised by joblib where one of its processes is gone
        died = True
    except BaseException:
        if jobs_of(run):
            print_table(run, arguments)
        else:  # the sweep itself was refused: leave nothing behind
            _remove_empty(run)
        raise
    print_table(run, arguments)
    return _status(run, arguments, died)


def _status(run: Path, arguments: list[str], died: bool) -> int:
    """Return the status of the worst job; what has no record, though it should, is a fault."""
    jobs = jobs_of(run)
    if (run / MARK).exists():
        return STOPPED
    if died:
        print(
            "aetrain: a process of the launcher has died, killed or out of memory, and the others"
            " were ended with it; fewer at a time may fit: hydra.launcher.n_jobs=...",
            file=sys.stderr,
        )
        return 1
    worst = next((s for s in (STOPPED, 1, 2) if any(j["status"] == s for j in jobs)), 0)
    return worst or (1 if not_begun(jobs, arguments) else 0)


def sweep_job(
    cfg: "DictConfig", choices: Mapping[str, str], command: list[str], hydra: Any
) -> float | None:
    """Do one job of a sweep; a failure is written into its directory at once, and told.

    Returns:
        The best validation cost, where the sweeper chooses by it.

    Raises:
        Stopped: after a signal. A job that runs beside others returns then, for what it raises
            would end their processes; and so do those that come after it.
        JobFailed: for a job that failed; those after it go on.
    """
    if not runs_beside(hydra.launcher):
        return _do(cfg, choices, command, hydra)
    mark = Path(hydra.sweep.dir) / MARK
    try:
        with beside(hydra.job.num):
            if not mark.exists():
                return _do(cfg, choices, command, hydra)
    except Stopped:
        mark.touch()
    if not is_basic(hydra.sweeper):
        raise JobFailed(f"job {hydra.job.num}: stopped", wanted=True)
    return None


def _do(
    cfg: "DictConfig", choices: Mapping[str, str], command: list[str], hydra: Any
) -> float | None:
    from aetrain.config.check import check_early

    directory = Path(os.path.relpath(hydra.runtime.output_dir))
    print(f"\njob {hydra.job.num}: {' '.join(command)}", flush=True)
    environment, wanted = dict(os.environ), not is_basic(hydra.sweeper)
    record: dict[str, Any] = {"number": hydra.job.num, "command": command, "status": 0}
    record["chosen"] = wanted  # by a sweeper that chooses as it goes
    file = directory / "job.json"
    write_atomically(file, json.dumps(record | {"status": RUNNING, "pid": os.getpid()}))
    try:
        config = check_early(cfg, command)
        if runs_beside(hydra.launcher):
            share_devices(hydra.job.num, config["trainer"])
            environment |= {n: os.environ[n] for n in (VISIBLE, SHARED) if n in os.environ}
        from aetrain.execute import execute

        if (Path(hydra.sweep.dir) / MARK).exists():  # Python loses a Ctrl-C now and then in imports
            raise Interrupted(signal.SIGINT)
        results = execute(config, choices, command, directory=directory)
        return watched(results) if wanted else None
    except UserError as error:
        record |= {"status": 2, "error": str(error).splitlines()[0]}
        print(f"aetrain: job {hydra.job.num}: {error}", file=sys.stderr)
        (directory / "train.log").open("a").write(f"{error}\n")
    except (Interrupted, KeyboardInterrupt) as stop:  # the latter while torch is imported
        record |= {"status": STOPPED, "error": str(stop)}
        raise Stopped(STOPPED) from None
    except BaseException as error:
        record |= {"status": 1, "error": f"{type(error).__name__}: {error}".splitlines()[0]}
        with (directory / "train.log").open("a") as log:
            traceback.print_exc(file=log)
        if not isinstance(error, Exception):
            raise
    finally:
        os.environ.clear()
        os.environ.update(environment)
        write_atomically(file, json.dumps(record))
    raise JobFailed(f"job {hydra.job.num}: {record['error']}", wanted=wanted)


def watched(results: Mapping[str, Any]) -> float:
    """Return the best validation cost.

    Raises:
        UserError: where there is none, or it is not finite.
    """
    best = results.get(WATCHED)
    if best is None or not math.isfinite(best):
        raise UserError(
            f"{WATCHED}={'null' if best is None else best}: the sweeper has no figure to go by, as"
            " nothing was validated or the cost is not finite; validate at least once"
            " (trainer.limit_val_batches, trainer.check_val_every_n_epoch), or use the basic"
            " sweeper"
        )
    return float(best)


def _remove_empty(path: Path) -> None:
    for file in (path / "multirun.yaml",):
        file.unlink(missing_ok=True)
    for directory in sorted(path.rglob("*"), reverse=True):
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()
    with suppress(OSError):  # as far up as nothing else is there
        os.removedirs(path)
