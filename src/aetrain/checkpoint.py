"""Checkpoint files: tensors and plain containers, written whole or not at all."""

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import torch

from aetrain.errors import UserError
from aetrain.writing import cannot_write

CARD = "aetrain"
"""The checkpoint's entry of plain containers: configuration, data, position."""

ZIP = b"PK\x03\x04"
"""What a file of torch.save begins with."""

OTHER = "use a run's directory, or another of its checkpoints"

SAMPLER = "sampler."
"""What the names of the sampler's state begin with in a checkpoint."""


def without_sampler(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return a checkpoint's weights without those of the sampler, which is fitted anew."""
    return {name: value for name, value in state.items() if not name.startswith(SAMPLER)}


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a place to write to, whose file then takes the place of `path` in one move.

    Raises:
        UserError: where the disk is full or read-only; an older checkpoint is left as it was.
    """
    part = path.with_suffix(".part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        kept = f"; the checkpoint before it is {path}" if path.exists() else ""
        # torch's writer reports a write that was cut short as a RuntimeError
        reason = error if isinstance(error, OSError) else OSError(errno.EIO, "is the disk full?")
        raise UserError(f"{cannot_write(path, reason)}{kept}") from error


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint in the place of an older one, whole or not at all."""
    with written_whole(path) as part:
        torch.save(content, part)


def read(path: Path) -> dict[str, Any]:
    """Return a checkpoint's content, on the CPU; nothing in it is executed.

    Raises:
        UserError: where the file is absent, truncated or not a checkpoint of this program.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such checkpoint; {OTHER}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises half a dozen kinds for a damaged file
        raise UserError(f"{path}: {_fault(path, error)}; {OTHER}") from error
    if not isinstance(content, dict) or "aetrain" not in content or "state_dict" not in content:
        raise UserError(f"{path}: not a checkpoint of aetrain; {OTHER}")
    return content


def _fault(path: Path, error: Exception) -> str:
    """Return what is wrong with a file that torch does not read."""
    if isinstance(error, PermissionError):
        return "cannot be read, as its permissions forbid it"
    if not is_zipfile(path):
        with path.open("rb") as file:
            begun = file.read(len(ZIP)) == ZIP
        more = ": its end is missing" if begun else ", or not a file of torch.save"
        return f"truncated or damaged{more}"
    if found := re.search(r"GLOBAL (\S+)", str(error)):
        return f"holds more than tensors and plain containers ({found[1]}), which could run code"
    return "truncated or damaged"
