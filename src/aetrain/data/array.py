"""The user's own numbers: .npy, .npz, .csv and .parquet."""

import csv
import math
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import Tensor

from aetrain.data.csv_file import read_csv
from aetrain.data.labelled import MISSING
from aetrain.data.numpy_file import read_npy, read_npz
from aetrain.data.parquet_file import read_parquet
from aetrain.data.part import Part
from aetrain.data.table import Memory, Splits, Table
from aetrain.errors import UserError
from aetrain.values import BINARY, Values

READERS = {".npy": read_npy, ".npz": read_npz, ".csv": read_csv, ".parquet": read_parquet}
MOST_LEVELS = 2**16
UNREADABLE = (OSError, ValueError, EOFError, KeyError, csv.Error, zipfile.BadZipFile, zlib.error)


@final
class Array:
    """Examples from one file, rows first; bytes stay uint8, all other numbers become float32.

    Bytes (N, H, W) become (N, 1, H, W); (N, H, W, C) with C of 1 or 3 becomes (N, C, H, W);
    (N,) becomes (N, 1). Nothing is unpickled.

    - .npz: `x_train`, `y_train`, `x_test`, `y_test` (also `valid`, and `train_images` or `train`
      for `x_train`), else `x`, `data` or `images` with `y`, `labels` or `targets`, else the only
      array.
    - .csv: separated by comma, semicolon or tab, with a header or without. Its first row is one if
      no cell is a number, if it holds `label`, or if it counts 0, 1, 2, ... as pandas does.
    - .parquet: one column for each number; needs pyarrow.

    Arguments:
        path: the file.
        label: name of the column (.csv, .parquet) or array (.npz) of labels, whole numbers or
            text; in a .csv without a header the column's number, from 0. Whole numbers below 0
            stand for examples without a label.
        range: [low, high] of the raw values; where they and all values are whole numbers, these
            are high − low + 1 levels (up to 65,536). None: data of 0 and 1 only are binary, other
            bytes are 256 levels, and all else is left as it is.

    Raises:
        UserError: for a wrong `range` or extension; from `load`, naming the file and the place.
    """

    def __init__(
        self,
        path: str,
        label: str | int | None = None,
        range: Sequence[float] | None = None,
    ) -> None:
        self.path = Path(path).expanduser().absolute()
        if self.path.suffix.lower() not in READERS:
            raise UserError(f"{self.path}: must end in one of {', '.join(READERS)}")
        self.label = None if label is None else str(label)
        self.range = None if range is None else _declared(range)

    event = None  # the file tells

    @property
    def raw(self) -> Values | None:
        """The declared range, unless the data must tell whether its values are levels."""
        return None if self.range is None or _levels(self.range) else self.range

    def load(self) -> Splits:
        """Return the tables in memory: train, and valid and test where the file names them."""
        parts = self._parts()
        y, classes = _labels(self.path, parts)
        tables: dict[str, Table] = {}
        arrays = {split: _examples(self.path, part) for split, part in parts.items()}
        first = arrays["train"]
        for split, x in arrays.items():
            if x.shape[1:] != first.shape[1:] or x.dtype != first.dtype:
                raise UserError(
                    f"{self.path}: examples of {split} are {x.shape[1:]} {x.dtype}, "
                    f"those of train {first.shape[1:]} {first.dtype}; save them alike"
                )
            _check(self.path, parts[split], x, self.range)
            tables[split] = Memory(torch.from_numpy(x), y.get(split))
        return Splits(
            tables["train"],
            tables.get("valid"),
            tables.get("test"),
            raw=_raw(self.range, arrays.values()),
            classes=classes,
        )

    def _parts(self) -> dict[str, Part]:
        """Read the file, and say in one line why it cannot be read."""
        if not self.path.is_file():
            what = "is a folder" if self.path.is_dir() else "does not exist"
            raise UserError(f"{self.path}: {what}; name a file with dataset.path=...")
        if not self.path.stat().st_size:
            raise UserError(f"{self.path}: is empty; name a file of numbers with dataset.path=...")
        try:
            parts = READERS[self.path.suffix.lower()](self.path, self.label)
        except UnicodeDecodeError as error:
            raise UserError(f"{self.path}: is not UTF-8 ({error}); save it as UTF-8") from error
        except UNREADABLE as error:
            reason = " ".join(str(error).split())
            raise UserError(f"{self.path}: is damaged or cut short ({reason})") from error
        for split, part in parts.items():
            if not part.x.ndim or not part.x.size:
                raise UserError(f"{self.path}: {split} holds no rows of numbers; it needs one")
        return parts


def _declared(bounds: Sequence[float]) -> Values:
    """Return the declared range. Raises UserError where it is none."""
    numbers = [float(b) for b in bounds if isinstance(b, int | float) and math.isfinite(b)]
    if len(bounds) != 2 or len(numbers) != 2 or numbers[0] >= numbers[1]:
        raise UserError(f"dataset.range={bounds}: must be [low,high], as in dataset.range=[0,255]")
    return Values(numbers[0], numbers[1])


def _levels(declared: Values) -> int | None:
    """Return how many whole numbers the range holds, None where its ends are none."""
    levels = declared.high - declared.low + 1
    whole = declared.low.is_integer() and declared.high.is_integer() and levels <= MOST_LEVELS
    return int(levels) if whole else None


def _raw(declared: Values | None, arrays: Iterable[np.ndarray]) -> Values | None:
    """Return the values of the data of all splits."""
    arrays = list(arrays)
    if declared is not None:
        levels = _levels(declared)
        if levels is not None and all(map(_is_whole, arrays)):
            return Values(declared.low, declared.high, levels)
        return declared
    if all(map(_is_binary, arrays)):
        return BINARY
    return Values(0.0, 255.0, 256) if arrays[0].dtype == np.uint8 else None


def _examples(path: Path, part: Part) -> np.ndarray:
    """Return x (N, *event), uint8 or float32, channels first."""
    x = part.x
    if x.dtype.kind not in "biuf":
        raise UserError(f"{path}: holds {x.dtype}, not numbers; save them as uint8 or float32")
    byte = x.dtype in (np.bool_, np.uint8)
    if x.ndim == 1 or (x.ndim == 3 and byte):
        x = x[:, None]
    elif x.ndim == 4 and x.shape[3] in (1, 3) and x.shape[1] not in (1, 3):
        x = x.transpose(0, 3, 1, 2)
    with np.errstate(over="ignore"):  # what overflows is found as infinite, and named
        return np.require(x, np.uint8 if byte else np.float32, ["C", "W"])


def _check(path: Path, part: Part, x: np.ndarray, raw: Values | None) -> None:
    """Raise UserError naming the first number that is not finite, or out of the range."""
    low, high = (raw.low, raw.high) if raw else (-math.inf, math.inf)
    lowest, highest = x.min(), x.max()  # NaN and infinity come through
    if math.isfinite(lowest) and math.isfinite(highest) and low <= lowest and highest <= high:
        return

    def good(row: np.ndarray) -> np.ndarray:
        return np.isfinite(row) & (row >= low) & (row <= high)

    n = next(n for n, row in enumerate(x) if not good(row).all())
    row = np.asarray(part.x[n])  # as it stands in the file
    with np.errstate(over="ignore"):
        read = row.astype(x.dtype)
    at = tuple(np.argwhere(~good(read))[0].tolist())
    where = f"{path}: {part.place(n, at)}: {row[at]}"
    if math.isfinite(read[at]):
        raise UserError(f"{where} is outside dataset.range=[{low:g},{high:g}]; widen the range")
    raise UserError(f"{where} is not a finite float32; mend or drop the row")


def _is_binary(x: np.ndarray) -> bool:
    """True where all are 0 or 1, and not all 0."""
    return bool(x.max() == 1 and x.min() >= 0 and ((x == 0) | (x == 1)).all())


def _is_whole(x: np.ndarray) -> bool:
    return x.dtype.kind != "f" or all(bool((row == np.rint(row)).all()) for row in x)


def _labels(path: Path, parts: dict[str, Part]) -> tuple[dict[str, Tensor], list[str]]:
    """Return the labels (N,) int64 by split, as positions in the sorted classes; the classes."""
    found: dict[str, np.ndarray] = {}
    for split, part in parts.items():
        if part.y is None:
            continue
        y = part.y.reshape(len(part.y)) if part.y.size == len(part.y) else part.y
        if y.shape != (len(part.x),):
            raise UserError(
                f"{path}: labels of {split} are {y.shape} for {len(part.x)} rows; "
                "there must be one for each row"
            )
        whole = y.dtype.kind != "f" or (np.isfinite(y) & (y == np.rint(y))).all()
        if y.dtype.kind not in "biufUS" or not whole:
            raise UserError(f"{path}: labels of {split} must be whole numbers or text")
        found[split] = y.astype(str if y.dtype.kind in "US" else np.int64)
    if not found:
        return {}, []
    labels = np.concatenate(list(found.values()))
    known = labels if labels.dtype.kind == "U" else labels[labels >= 0]
    classes = np.unique(known)
    codes = {s: torch.from_numpy(_codes(y, classes)) for s, y in found.items()}
    return codes, [str(c) for c in classes]


def _codes(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return each label's position among the classes; a number below 0 stands for no label."""
    codes = np.searchsorted(classes, labels)
    return codes if labels.dtype.kind == "U" else np.where(labels < 0, MISSING, codes)
