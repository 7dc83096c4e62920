"""A run's directory: made once, by one process; read by all that come after."""

import fcntl
import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, final

import yaml

from aetrain.errors import UserError
from aetrain.writing import cannot_write, create_directory, write_atomically

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESULTS, EVALUATION = "results.json", "evaluation.json"
"""Figures of a run's own test, and those that were measured afterwards."""
KEPT: tuple[str, str] = ("kept_step", "kept_sampler")
"""The keys that say of which weights figures are."""
EXAMPLES = "examples.npz"
"""The figures of the run's own test for each example, test/<name> -> (N,), in the split's order."""


@final
class Run:
    """`<path>/`: config.yaml, choices.yaml, overrides.yaml, checkpoints/, tensorboard/,
    metrics.csv, figures/, results.json, examples.npz, evaluation.json, train.log.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, *, exclusive: bool) -> "Run":
        """Make the directory of a new run, see `create_directory`."""
        run = cls(create_directory(path, exclusive=exclusive))
        try:
            run.checkpoints.mkdir()
        except FileExistsError:
            raise UserError(f"{path}: holds a run already; choose another directory") from None
        return run

    @classmethod
    def open(cls, path: Path) -> "Run":
        """Return an existing run.

        Raises:
            UserError: where there is no such directory, or it holds no run.
        """
        if path.is_file():
            run = path.resolve().parent.parent
            remedy = f"use {run}" if (run / "config.yaml").is_file() else "runs are under outputs/"
            raise UserError(f"{path}: is a file, and not a run's directory; {remedy}")
        if not path.is_dir():
            raise UserError(f"{path}: no such run directory; runs are under outputs/")
        if not (path / "config.yaml").is_file():
            raise UserError(f"{path}: not a run directory, as it has no config.yaml")
        return cls(path)

    @property
    def checkpoints(self) -> Path:
        """Directory of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def last(self) -> Path:
        """Everything that resuming needs."""
        return self.checkpoints / "last.ckpt"

    @property
    def best(self) -> Path:
        """The weights with the best validation figure."""
        return self.checkpoints / "best.ckpt"

    def best_of(self, stage: int, stages: int) -> Path:
        """Return the best weights of a stage: `best` for the last one."""
        return self.best if stage == stages - 1 else self.checkpoints / f"stage-{stage}.ckpt"

    @property
    def log(self) -> Path:
        """What was printed."""
        return self.path / "train.log"

    @property
    def figures(self) -> Path:
        """Directory of the pictures."""
        return self.path / "figures"

    def write_config(
        self, config: Mapping[str, Any], choices: Mapping[str, str], overrides: list[str]
    ) -> None:
        """Write the resolved configuration and the choices it is made of; append the overrides.

        Raises:
            UserError: where the disk is full or read-only.
        """
        try:
            for name, content in (("config", config), ("choices", choices)):
                text = yaml.safe_dump(dict(content), sort_keys=False)
                write_atomically(self.path / f"{name}.yaml", text)
            with (self.path / "overrides.yaml").open("a") as file:
                file.write(yaml.safe_dump([overrides], default_flow_style=False))
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def commands(self) -> list[list[str]]:
        """Return the overrides of all commands that the run was begun and gone on with."""
        return yaml.safe_load((self.path / "overrides.yaml").read_text())

    @contextmanager
    def held(self) -> Iterator["Run"]:
        """Let others see that this process is at work on the run, and keep them from it.

        Raises:
            UserError: where another process is at work on it, or its log cannot be written.
        """
        try:
            log = self.log.open("a")
        except OSError as error:
            raise cannot_write(self.path, error) from error
        with log:
            if not _locked(log):
                raise at_work(self.path)
            yield self

    def is_running(self) -> bool:
        """Whether a process of this machine is at work on the run."""
        try:
            with self.log.open() as log:
                fcntl.flock(log, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def set_aside(self, kept: Sequence[Any]) -> Path | None:
        """Let what was evaluated of other weights than those be evaluation-1.json, ...

        Returns:
            Where it is now, if there was any.
        """
        evaluation = self.path / EVALUATION
        if not evaluation.is_file() or kept_of(read_figures(evaluation)) == list(kept):
            return None
        names = (f"evaluation-{number}.json" for number in itertools.count(1))
        return evaluation.rename(next(p for n in names if not (p := self.path / n).exists()))

    def write_results(self, results: Mapping[str, Any]) -> Path | None:
        """Write results.json; return where what was evaluated of other weights is now."""
        aside = self.set_aside(kept_of(results))
        write_atomically(self.path / RESULTS, json.dumps(dict(results), indent=2) + "\n")
        return aside

    def write_examples(self, figures: "Mapping[str, NDArray[np.float32]]", step: int) -> None:
        """Write the test's figures of each example, name -> (N,), of weights kept at a step."""
        import numpy as np  # which those who read runs do not wait for

        content, arrays = BytesIO(), {**figures, KEPT[0]: np.asarray(step)}
        np.savez_compressed(content, **arrays)
        write_atomically(self.path / EXAMPLES, content.getvalue())


def _locked(log: TextIO) -> bool:
    """Take the lock of a run; return whether no other process has it.

    One that looks whether the run is running has it for a moment, so this asks for a second.
    """
    end = time.monotonic() + 1
    while True:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        except OSError:  # not every file system has locks
            return True
        else:
            return True


def read_figures(file: Path) -> dict[str, Any]:
    """Return a file's figures; none where the run has not ended, or was stopped in the midst."""
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        return {}


def kept_of(facts: Mapping[str, Any]) -> list[Any]:
    """Return of which weights figures are: the step that they were kept at, and the sampler."""
    return [facts.get(key) for key in KEPT]


def find_checkpoint(path: Path) -> Path:
    """Return the checkpoint to use of a run directory (the best, else the last), or the file.

    Raises:
        UserError: where there is none.
    """
    if path.is_file():
        return path
    run = Run.open(path)
    for candidate in (run.best, run.last):
        if candidate.is_file():
            return candidate
    raise UserError(f"{path}: the run has no checkpoint yet; start it again, or train a new one")


def at_work(path: Path) -> UserError:
    """Say that another process is at work on a run."""
    return UserError(
        f"{path}: a process is at work on this run; stop that one first, or choose another run"
    )
