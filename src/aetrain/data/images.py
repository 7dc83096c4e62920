"""The user's own images, in folders or in a zip file."""

import os
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Protocol, final

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from aetrain.data.table import Memory, Splits, Table
from aetrain.errors import UserError
from aetrain.values import Values

SUFFIXES = {
    *(".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"),
    *(".ppm", ".pgm", ".pbm"),
}
# PIL would try every format it knows, whatever the suffix; one of them starts ghostscript
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
ASIDE = {"", ".txt", ".md", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".html", ".db"}
GREY = {"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B"}  # modes of PIL
SPLITS = {"train": "train", "valid": "valid", "val": "valid", "test": "test"}
# smaller images spend their time in Python, where threads only get in each other's way
THREADED_PIXELS = 128 * 128
CHUNK = 16


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
        self.memory_limit = memory_limit

    def load(self) -> Splits:
        """Return tables in memory, or `Files` where they would be too large."""
        store = _store(self.path)
        splits = _splits(store, _images(store))
        names = [name for labelled in splits.values() for name in labelled]
        event = self._event(store, names)
        fits = len(names) * event.numel() <= self.memory_limit
        if not fits and not self.size:
            _check_sizes(store, names)  # now, rather than in the middle of an epoch
        classes = sorted({c for labelled in splits.values() for c in labelled.values() if c})
        tables: dict[str, Table] = {}
        for split, labelled in splits.items():
            y = _labels(labelled, classes)
            files = Files(store, list(labelled), event, None if self.size else names[0], y)
            tables[split] = files.decoded() if fits else files
        return Splits(**tables, raw=self.raw, classes=classes)

    def _event(self, store: "Store", names: list[str]) -> torch.Size:
        """Return (C, H, W), from the first image and, where that is grey, from all modes."""
        height, width = self.size or _header(store, names[0])[0]
        if self.channels is not None:
            return torch.Size((self.channels, height, width))
        grey = all(_header(store, name)[1] in GREY for name in names)
        return torch.Size((1 if grey else 3, height, width))


@final
@dataclass(frozen=True)
class Files:
    """A table of images that are decoded when they are read; pickled, it is a list of names.

    `event` is (C, H, W); `like` names the image that set it and that all others must equal in
    size, None where they are stretched to it.
    """

    store: "Store"
    names: list[str]
    event: torch.Size
    like: str | None
    y: Tensor | None = None

    def __len__(self) -> int:
        return len(self.names)

    def read(self, indices: Tensor) -> Tensor:
        """Return images (B, C, H, W), uint8. Raises UserError naming a file that is broken."""
        x = torch.empty(len(indices), *self.event, dtype=torch.uint8)
        self._fill(x, [self.names[i] for i in indices.tolist()])
        return x

    def decoded(self) -> Memory:
        """Return all images as one tensor (N, C, H, W); several threads decode large ones."""
        x = torch.empty(len(self), *self.event, dtype=torch.uint8)
        width, height = _header(self.store, self.names[0])[0]
        if width * height < THREADED_PIXELS:
            self._fill(x, self.names)
            return Memory(x, self.y)
        chunks = [self.names[i : i + CHUNK] for i in range(0, len(self), CHUNK)]
        with ThreadPoolExecutor() as pool:
            # a list, so that the first error is raised and cancels what has not begun
            list(pool.map(self._fill, x.split(CHUNK), chunks))
        return Memory(x, self.y)

    def _fill(self, x: Tensor, names: list[str]) -> None:
        """Write the images of these names into x (B, C, H, W)."""
        for row, name in zip(x.numpy(), names):
            row[:] = self._pixels(name).transpose(2, 0, 1)

    def _pixels(self, name: str) -> np.ndarray:
        """Return one image, uint8 (H, W, C)."""
        channels, height, width = self.event
        try:
            with self.store.open(name) as stream:
                opened = Image.open(BytesIO(stream.read()), formats=FORMATS)
            image = _bytewise(opened, "L" if channels == 1 else "RGB")
        except Exception as error:  # a broken file makes PIL raise nearly anything
            raise _broken(self.store, name, error) from error
        if image.size != (width, height):
            if self.like:
                here = (image.height, image.width)
                raise _unequal(self.store, (name, here), (self.like, (height, width)))
            image = image.resize((width, height), Image.Resampling.BILINEAR)
        # tobytes takes a quarter of the time of np.asarray(image)
        return np.frombuffer(image.tobytes(), np.uint8).reshape(height, width, channels)


def _bytewise(image: Image.Image, mode: str) -> Image.Image:
    """Return the decoded image with one byte a channel, in the mode L or RGB."""
    if image.mode == mode:
        image.load()
        return image
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        # PIL would clip at 255
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert(mode)
    if image.mode in ("I", "F"):
        raise ValueError("its pixels have 32 bits; save it with 8, or as .npy for dataset=array")
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")  # straight to RGB, PIL warns
    return image.convert(mode)


def _header(store: "Store", name: str) -> tuple[tuple[int, int], str]:
    """Return ((height, width), mode) of an image without decoding it."""
    try:
        with store.open(name) as stream, Image.open(stream, formats=FORMATS) as image:
            return (image.height, image.width), image.mode
    except Exception as error:  # a broken file makes PIL raise nearly anything
        raise _broken(store, name, error) from error


def _check_sizes(store: "Store", names: list[str]) -> None:
    first = _header(store, names[0])[0]
    for name in names:
        size = _header(store, name)[0]
        if size != first:
            raise _unequal(store, (name, size), (names[0], first))


def _unequal(store: "Store", *images: tuple[str, tuple[int, int]]) -> UserError:
    sizes = [f"{store.path}/{name} is {height}x{width}" for name, (height, width) in images]
    return UserError(f"{' but '.join(sizes)} (height x width): give one, as in dataset.size=64")


def _broken(store: "Store", name: str, error: Exception) -> UserError:
    """Return what is wrong with an image that could not be read, and the remedy."""
    reason = f"cannot be read ({' '.join(str(error).split())})"
    if isinstance(error, UnidentifiedImageError):
        with store.open(name) as stream:
            empty = not stream.read(1)
        reason = "is empty" if empty else f"is no image of a known format ({', '.join(FORMATS)})"
    return UserError(f"{store.path}/{name}: {reason}; mend or remove it")


def _images(store: "Store") -> list[str]:
    """Return the names of the images, sorted.

    Raises:
        UserError: where there is none, or a file that is neither an image nor a text.
    """
    names = []
    for name in sorted(store.names()):
        parts = _parts(name)
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


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def _splits(store: "Store", names: list[str]) -> dict[str, dict[str, str]]:
    """Return the class of each image by split, "" where it has none; `train` stands first.

    Raises:
        UserError: where the folders leave open what they mean.
    """
    parts = {name: _parts(name) for name in names}
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


def _classes(store: "Store", parts: dict[str, tuple[str, ...]]) -> dict[str, str]:
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


class Store(Protocol):
    """Files by name, the parts of a name separated by slashes."""

    path: Path

    def names(self) -> list[str]:
        """Return all names of files."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open one file to be read."""
        ...


def _store(path: Path) -> Store:
    """Return the folder or the zip. Raises UserError where `path` is neither."""
    if path.is_dir():
        return _Folder(path)
    if not path.exists():
        raise UserError(f"{path}: does not exist; name a folder or a .zip with dataset.path=...")
    return _Zip(path)


@final
class _Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        walk = os.walk(self.path, followlinks=True)
        return [
            os.path.relpath(os.path.join(folder, name), self.path).replace(os.sep, "/")
            for folder, _, files in walk
            for name in files
        ]

    def open(self, name: str) -> IO[bytes]:
        return open(os.path.join(self.path, name), "rb")


@final
class _Zip:
    """A zip file; each process opens it anew, since a forked file position is shared."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: tuple[int, zipfile.ZipFile] | None = None

    def __getstate__(self) -> dict[str, object]:
        return {"path": self.path, "_opened": None}

    def names(self) -> list[str]:
        members = [info.filename for info in self._file().infolist() if not info.is_dir()]
        for name in members:
            parts = _parts(name)
            if ".." in parts or name[0] in "/\\" or name[1:2] == ":":
                raise UserError(
                    f"{self.path}/{name}: points out of the zip; make the zip anew without it"
                )
        return members

    def open(self, name: str) -> IO[bytes]:
        return self._file().open(name)

    def _file(self) -> zipfile.ZipFile:
        if self._opened is None or self._opened[0] != os.getpid():
            try:
                self._opened = (os.getpid(), zipfile.ZipFile(self.path))
            except (OSError, zipfile.BadZipFile) as error:
                empty = " (it is empty)" if not self.path.stat().st_size else ""
                raise UserError(
                    f"{self.path}: is neither a folder nor a readable zip{empty}; "
                    "name one with dataset.path=..."
                ) from error
        return self._opened[1]
