"""What is read of the files that a verb is given."""

from pathlib import Path
from typing import IO, final

import torch

from aetrain.data.array import READERS, Array
from aetrain.data.image_files import Files
from aetrain.data.images import SUFFIXES, ImageFolder
from aetrain.data.table import Splits
from aetrain.errors import UserError


def in_our_words(error: UserError) -> UserError:
    """Return what a data set's reader says, with this command's options for those of a run."""
    text = str(error).replace(" with dataset.path=...", "").replace("dataset.label=...", "--label")
    return UserError(text.replace("dataset.label=", "--label "))


def read(path: Path, event: torch.Size, label: str | None) -> Splits:
    """Return the examples of a file or a folder.

    Arguments:
        path: of an array, a table, an image, a folder or .zip of images.
        event: shape of the model's x, to which images are brought.
        label: name of the labels' column or array.

    Raises:
        UserError: for what cannot be read, or is of another kind.
    """
    try:
        return _read_file(path, event, label)
    except UserError as error:
        raise in_our_words(error) from error


def _read_file(path: Path, event: torch.Size, label: str | None) -> Splits:
    suffix = path.suffix.lower()
    if suffix in READERS and path.is_file():
        return Array(str(path), label if suffix != ".npy" else None).load()
    if not path.exists():
        raise UserError(
            f"{path}: no such file; choose a file, or train, valid or test for the run's own data"
        )
    if len(event) != 3 or event[0] not in (1, 3):
        raise UserError(
            f"{path}: the model was trained on {tuple(event)}, not on images: use one of"
            f" {', '.join(READERS)}"
        )
    channels, height, width = event
    if suffix in SUFFIXES and path.is_file():
        image = Files(_One(path), [path.name], event, None)
        return Splits(image, raw=ImageFolder.raw)
    return ImageFolder(str(path), (height, width), channels).load()


@final
class _One:
    """A store of a single file."""

    def __init__(self, path: Path) -> None:
        self.file = path
        self.path = path.parent

    def names(self) -> list[str]:
        return [self.file.name]

    def open(self, name: str) -> IO[bytes]:
        return self.file.open("rb")
