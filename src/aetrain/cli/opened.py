"""A run that a verb works on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from aetrain.contention import choose_spinning
from aetrain.errors import UserError
from aetrain.run import Run, find_checkpoint
from aetrain.runs import located

if TYPE_CHECKING:
    from aetrain.data.module import DataModule
    from aetrain.trained import Trained


@dataclass(frozen=True)
class Opened:
    """A trained model and where it lies.

    Attributes:
        name: what tells the run from others.
        directory: where what is made of it goes.
        trained: the model, on its device.
    """

    name: str
    directory: Path
    trained: "Trained"
    _loaded: dict[tuple[str, ...], "DataModule"] = field(default_factory=dict)

    def data(self, places: Sequence[str] = ()) -> "DataModule":
        """Return the run's data, loaded; `places` are KEY=VALUE, see `data_of`."""
        from aetrain.data_of import data_of

        key = tuple(places)
        if key not in self._loaded:
            self._loaded[key] = data_of(self.trained, dict(map(_place, places)))
        return self._loaded[key]


@contextmanager
def opened(path: Path, device: str, allow: Sequence[str]) -> Iterator[Opened]:
    """Open a run, and set threads and the float32 path as its training had them.

    Raises:
        UserError: where there is no run, or its device is not here.
    """
    file = checkpoint_of(path)  # said at once, before torch is imported
    choose_spinning()
    from aetrain import checkpoint, hardware
    from aetrain.trained import rebuild

    kind = _device(device)
    content = checkpoint.read(file)
    with hardware.settings(content[checkpoint.CARD]["float32"], 1):
        trained = rebuild(content, allow).to(kind)
        trained.model.seed = trained.config["seed"]
        directory = _directory(file)
        yield Opened(directory.name or str(path), directory, trained)


def checkpoint_of(path: Path, option: str | None = None) -> Path:
    """Return the checkpoint of a run that is meant; `option` is what names it, where one does.

    Raises:
        UserError: where there is none.
    """
    try:
        return find_checkpoint(located(path))
    except UserError as error:
        raise UserError(f"{option} {path}: {error}" if option else str(error)) from error


def _directory(file: Path) -> Path:
    """Return the run's directory of a checkpoint, or the one that the file lies in."""
    run = file.resolve().parent.parent
    return run if (run / "config.yaml").is_file() else file.resolve().parent


def _device(device: str) -> str:
    from aetrain import hardware

    try:
        return hardware.device_type(device)
    except UserError as error:
        raise UserError(f"--device {device}: no such device here; use --device cpu") from error


def _place(text: str) -> tuple[str, Any]:
    key, equals, value = text.removeprefix("dataset.").partition("=")
    if not equals:
        raise UserError(f"--dataset {text}: must be KEY=VALUE, such as root=/data")
    return key, yaml.safe_load(value)


def run_of(path: Path) -> Run:
    """Return a run of which no model is needed."""
    return Run.open(located(path))
