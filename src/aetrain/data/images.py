"""The user's own images, in folders or in a zip file."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from aetrain.data.archive import Store, open_store, split_name
from aetrain.data.image_files import Files, check_sizes, header
from aetrain.data.table import Splits, Table
from aetrain.errors import UserError
from aetrain.values import Values

SUFFIXES = {
    *(".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"),
    *(".ppm", ".pgm", ".pbm"),
}
ASIDE = {"", ".txt", ".md", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".html", ".db"}
GREY = {"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B"}  # modes of PIL
SPLITS = {"train": "train", "valid": "valid", "val": "valid", "test": "test"}


@final
class ImageFolder:
    """Images as uint8 (N, C, H, W), from a folder or a .zip of one.

    The first folder level names the classes (`cat/001.png`), or the splits where it has `train`
    and one of `test`, `valid`, `val` (`train/cat/001.png`); images without any folder have no
    labels. A single folder around everything is looked through. Hidden files and texts (.txt,
    .csv, .json ...) are left out, any other file that is no image is an error.

    Colours become grey as 0.299 R + 0.587 G + 0.114 B; transparency is dropped; 16-bit grey keeps
    its upper byte; EXIF orientation is not applied.

    Arguments:
        path: the folder or the .zip.
        size: H and W, or one number for both: every image is stretched to it (bilinear,
            antialiased, aspect not kept). None: all images must have one size already.
        channels: 1 or 3; None: 1 if every image is grey, else 3.
        memory_limit: up to so many bytes the images are decoded once and held in memory; beyond,
            `Files` decodes them as they are read.

    Raises:
        UserError: for a wrong `size` or `channels`; from `load`, naming the file.
    """

    raw = Values(0.0, 255.0, 256)

    def __init__(
        self,
        path: str,
        size: int | Sequence[int] | None = None,
        channels: int | None = None,
        memory_limit: int = 2 * 2**30,
    ) -> None:
        hw = (size, size) if isinstance(size, int) else tuple(size or ())
        if size is not None and (len(hw) != 2 or min(hw) < 1):
            raise UserError(f"dataset.size={size}: is no size; dataset.size=64 or [height,width]")
        if channels not in (None, 1, 3):
            raise UserError(f"dataset.channels={channels}: must be 1 (grey), 3 (RGB) or null")
        self.path = Path(path).expanduser().absolute()
        self.size = hw
        self.channels = channels
        self.event = torch.Size((channels, *hw)) if channels and hw else None
        self.memory_limit = memory_limit

    def load(self) -> Splits:
        """Return tables in memory, or `Files` where they would be too large."""
        store = open_store(self.path)
        splits = _splits(store, _images(store))
        names = [name for labelled in splits.values() for name in labelled]
        event = self._event(store, names)
        fits = len(names) * event.numel() <= self.memory_limit
        if not fits and not self.size:
            check_sizes(store, names)  # now, rather than in the middle of an epoch
        classes = sorted({c for labelled in splits.values() for c in labelled.values() if c})
        tables: dict[str, Table] = {}
        for split, labelled in splits.items():
            y = _labels(labelled, classes)
            files = Files(store, list(labelled), event, None if self.size else names[0], y)
            tables[split] = files.decoded() if fits else files
        return Splits(
            tables["train"], tables.get("valid"), tables.get("test"), raw=self.raw, classes=classes
        )

    def _event(self, store: Store, names: list[str]) -> torch.Size:
        """Return (C, H, W), from the first image and, where that is grey, from all modes."""
        height, width = self.size or header(store, names[0])[0]
        if self.channels is not None:
            return torch.Size((self.channels, height, width))
        grey = all(header(store, name)[1] in GREY for name in names)
        return torch.Size((1 if grey else 3, height, width))


def _images(store: Store) -> list[str]:
    """Return the names of the images, sorted.

    Raises:
        UserError: where there is none, or a file that is neither an image nor a text.
    """
    names = []
    for name in sorted(store.names()):
        parts = split_name(name)
        suffix = os.path.splitext(parts[-1])[1].lower()
        if any(part.startswith((".", "__MACOSX")) for part in parts):
            continue
        if suffix in SUFFIXES:
            names.append(name)
        elif suffix not in ASIDE:
            known = " ".join(sorted(SUFFIXES))
            raise UserError(f"{store.path}/{name}: is no image ({known}); remove it")
    if not names:
        raise UserError(
            f"{store.path}: holds no image ({' '.join(sorted(SUFFIXES))}); "
            "name a folder or a .zip that does with dataset.path=..."
        )
    return names


def _splits(store: Store, names: list[str]) -> dict[str, dict[str, str]]:
    """Return the class of each image by split, "" where it has none; `train` stands first.

    Raises:
        UserError: where the folders leave open what they mean.
    """
    parts = {name: split_name(name) for name in names}
    while len({p[0] for p in parts.values()}) == 1 and min(map(len, parts.values())) > 2:
        parts = {name: p[1:] for name, p in parts.items()}
    tops = {p[0].lower() for p in parts.values()}
    if "train" not in tops or not tops & {"valid", "val", "test"}:
        return {"train": _classes(store, parts)}
    splits: dict[str, dict[str, tuple[str, ...]]] = {"train": {}}
    for name, p in parts.items():
        if p[0].lower() not in SPLITS:
            raise UserError(
                f"{store.path}/{name}: stands beside train/ and the other splits "
                f"({', '.join(SPLITS)}); move it into one of them"
            )
        splits.setdefault(SPLITS[p[0].lower()], {})[name] = p[1:]
    return {split: _classes(store, labelled) for split, labelled in splits.items()}


def _classes(store: Store, parts: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the class of each image: its first folder."""
    labelled = {name: p[0] if len(p) > 1 else "" for name, p in parts.items()}
    if any(labelled.values()) and not all(labelled.values()):
        stray = next(name for name, label in labelled.items() if not label)
        raise UserError(
            f"{store.path}/{stray}: stands beside folders of classes; move it into one of them"
        )
    return labelled


def _labels(labelled: dict[str, str], classes: list[str]) -> Tensor | None:
    """Return the labels (N,) int64, or None where the images have none."""
    if not any(labelled.values()):
        return None
    code = {label: i for i, label in enumerate(classes)}
    return torch.tensor([code[label] for label in labelled.values()])
