"""A run's directory: made once, by one process; read by all that come after."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, final

import yaml

from aetrain.errors import UserError


@final
class Run:
    """`<path>/`: config.yaml, overrides.yaml, checkpoints/, tensorboard/, metrics.csv, figures/,
    results.json, train.log.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, *, exclusive: bool) -> "Run":
        """Make the directory of a new run, see `create_directory`."""
        run = cls(create_directory(path, exclusive=exclusive))
        if run.checkpoints.exists():
            raise UserError(f"{path}: holds a run already; choose another directory")
        run.checkpoints.mkdir(exist_ok=True)
        return run

    @classmethod
    def open(cls, path: Path) -> "Run":
        """Return an existing run.

        Raises:
            UserError: where there is no such directory, or it holds no run.
        """
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
    def figures(self) -> Path:
        """Directory of the pictures."""
        return self.path / "figures"

    def write_config(self, config: Mapping[str, Any], overrides: list[str]) -> None:
        """Write the resolved configuration; append to the overrides, which a resumed run adds to.

        Raises:
            UserError: where the disk is full or read-only.
        """
        try:
            write_atomically(
                self.path / "config.yaml", yaml.safe_dump(dict(config), sort_keys=False)
            )
            with (self.path / "overrides.yaml").open("a") as file:
                file.write(yaml.safe_dump([overrides], default_flow_style=False))
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def write_results(self, results: Mapping[str, Any]) -> None:
        """Write results.json."""
        write_atomically(self.path / "results.json", json.dumps(dict(results), indent=2) + "\n")


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


def create_directory(path: Path, *, exclusive: bool) -> Path:
    """Make a directory; where the name is taken, take the next: `<path>-2`, `<path>-3`, ...

    Arguments:
        path: where; a relative path is relative to the shell's directory.
        exclusive: False where the directory may be there already.

    Raises:
        UserError: where it cannot be written, or is no name that others could be made of.
    """
    if exclusive and path.name in ("", ".."):
        raise UserError(
            f"run.dir={path}: is there already; name a new directory, such as run.dir=outputs/mine"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number = 0
        while True:
            number += 1
            candidate = path if number == 1 else path.with_name(f"{path.name}-{number}")
            try:
                candidate.mkdir(exist_ok=not exclusive)
            except FileExistsError:
                continue
            return candidate
    except OSError as error:
        raise cannot_write(path, error) from error


def default_path(model: str, dataset: str) -> Path:
    """Return outputs/<date>/<time>-<model>-<dataset>."""
    now = datetime.now()
    return Path("outputs") / f"{now:%Y-%m-%d}" / f"{now:%H-%M-%S}-{model}-{dataset}"


def cannot_write(path: Path, error: OSError, option: str = "run.dir=...") -> UserError:
    """Say that a place cannot be written, and why; `option` is what sets the place."""
    return UserError(
        f"{path}: cannot be written ({error.strerror or error}): free some space, or choose"
        f" another place with {option}"
    )


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file under another name first, then move it to its own."""
    part = path.with_suffix(path.suffix + ".part")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
