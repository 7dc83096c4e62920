"""The user's own numbers: .npy, .npz, .csv and .parquet."""

import csv
import math
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from aetrain.data.table import Memory, Splits, Table
from aetrain.errors import UserError, did_you_mean
from aetrain.values import BINARY, Values

X_NAMES = ("x", "data", "images")
Y_NAMES = ("y", "labels", "targets", "label", "target")
SPELLINGS = {"train": "train", "valid": "valid", "val": "valid", "test": "test"}
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
            text; in a .csv without a header the column's number, from 0.
        range: [low, high] of the raw values. None: data of 0 and 1 only are binary, other bytes
            are 256 levels, and all else is left as it is.

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
        self.raw = None if range is None else _declared(range)

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
            _check(self.path, parts[split], x, self.raw)
            tables[split] = Memory(torch.from_numpy(x), y.get(split))
        raw = self.raw
        if raw is None and all(map(_is_binary, arrays.values())):
            raw = BINARY
        elif raw is None and first.dtype == np.uint8:
            raw = Values(0.0, 255.0, 256)
        return Splits(**tables, raw=raw, classes=classes)

    def _parts(self) -> "dict[str, _Part]":
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


@dataclass(frozen=True)
class _Part:
    """A split as it stands in the file: x (N, ...), y (N,) of numbers or text.

    A row and a column are counted from `row` and `column`; `names` are the columns' names;
    `taken` is the position of the column that became y.
    """

    x: np.ndarray
    y: np.ndarray | None = None
    row: int = 0
    column: int = 0
    names: Sequence[str] = ()
    taken: int | None = None

    def place(self, n: int, at: Sequence[int]) -> str:
        """Return where entry `at` of row n stands, as the user would count."""
        if len(at) > 1:
            return f"row {n}, entry {list(at)} (counted from 0)"
        column = at[0] if at else 0
        name = f" ('{self.names[column]}')" if self.names else ""
        column += self.column + (self.taken is not None and column >= self.taken)
        zero = "" if self.row else " (counted from 0)"
        return f"row {n + self.row}, column {column}{name}{zero}"


def _declared(bounds: Sequence[float]) -> Values:
    """Return the declared range. Raises UserError where it is none."""
    numbers = [float(b) for b in bounds if isinstance(b, int | float) and math.isfinite(b)]
    if len(bounds) != 2 or len(numbers) != 2 or numbers[0] >= numbers[1]:
        raise UserError(f"dataset.range={bounds}: must be [low,high], as in dataset.range=[0,255]")
    return Values(numbers[0], numbers[1])


def _examples(path: Path, part: _Part) -> np.ndarray:
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


def _check(path: Path, part: _Part, x: np.ndarray, raw: Values | None) -> None:
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


def _labels(path: Path, parts: dict[str, _Part]) -> tuple[dict[str, Tensor], list[str]]:
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
    classes = np.unique(np.concatenate(list(found.values())))
    codes = {s: torch.from_numpy(np.searchsorted(classes, y)) for s, y in found.items()}
    return codes, [str(c) for c in classes]


def _npy(path: Path, label: str | None) -> dict[str, _Part]:
    if label is not None:
        raise UserError(f"{path}: a .npy has no labels; leave dataset.label out, or save a .npz")
    with path.open("rb") as stream:
        if stream.read(6) != b"\x93NUMPY":
            raise UserError(f"{path}: is no .npy file; save it with np.save")
    # read through a map, a float64 file is never in memory beside its float32 copy
    return {"train": _Part(_unpickled(path, lambda: np.load(path, "r", allow_pickle=False)))}


def _npz(path: Path, label: str | None) -> dict[str, _Part]:
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path}: is no .npz file, or cut short; save it with np.savez")
    with np.load(path, allow_pickle=False) as arrays:
        keys = _keys(arrays.files, label)
        listed = f"its arrays are: {', '.join(arrays.files) or 'none'}"
        if "train" not in keys:
            raise UserError(f"{path}: which array are the examples? Name it x; {listed}")
        if label is not None and keys["train"][1] is None:
            raise UserError(f"{path}: dataset.label={label}: no such array; {listed}")

        def get(key: str) -> np.ndarray:
            return _unpickled(path, lambda: arrays[key])

        return {s: _Part(get(x), get(y) if y else None) for s, (x, y) in keys.items()}


def _unpickled(path: Path, load: Callable[[], Any]) -> np.ndarray:
    """Return the array. Raises UserError where reading it would mean to unpickle."""
    try:
        return load()
    except ValueError as error:
        if "bject" not in str(error):
            raise
        raise UserError(
            f"{path}: holds pickled Python objects, which could run code and are not read; "
            "save plain numbers of one shape"
        ) from error


def _keys(keys: list[str], label: str | None) -> dict[str, tuple[str, str | None]]:
    """Return by split the names of the arrays of examples and of labels."""
    known = {key.lower(): key for key in keys}
    y_names = Y_NAMES if label is None else (label.lower(),)

    def first(names: Sequence[str]) -> str | None:
        return next((known[name] for name in names if name in known), None)

    found = {}
    for word, split in SPELLINGS.items():
        x = first([*(f"{n}_{word}" for n in X_NAMES), *(f"{word}_{n}" for n in X_NAMES), word])
        if x is not None:
            y = first([*(f"{n}_{word}" for n in y_names), *(f"{word}_{n}" for n in y_names)])
            found[split] = (x, y)
    if "train" in found:
        return found
    x, y = first(X_NAMES), first(y_names)
    others = [key for key in keys if key != y]
    if x is None and len(others) == 1:
        x = others[0]
    return {} if x is None else {"train": (x, y)}


def _column(path: Path, label: str | None, names: Sequence[str]) -> int | None:
    """Return the position of the column of labels."""
    if label is None:
        return None
    if label not in names:
        listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        near = did_you_mean(label, names)
        raise UserError(
            f"{path}: dataset.label={label}: no such column; there are: {listed}.{near}"
        )
    return list(names).index(label)


@dataclass(frozen=True)
class _Csv:
    """How a .csv is written: its separator, its first row, how many lines a header takes."""

    separator: str
    cells: list[str]
    header: int

    @property
    def names(self) -> list[str]:
        """The names of the columns; their numbers where there is no header."""
        return self.cells if self.header else [str(i) for i in range(len(self.cells))]


def _csv(path: Path, label: str | None) -> dict[str, _Part]:
    form = _csv_form(path, label)
    k = _column(path, label, form.names)
    codes: dict[str, int] = {}  # np.loadtxt reads numbers only: labels pass it as codes
    code: dict[int | str, Callable[[str], Any]] = {}
    if k is not None:
        code[k] = lambda cell: codes.setdefault(cell.strip(), len(codes))
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "loadtxt: input contained no data")
            x = np.loadtxt(
                path,
                np.float32,
                comments=None,
                delimiter=form.separator,
                converters=code,
                skiprows=form.header,
                ndmin=2,
                encoding="utf-8-sig",
                quotechar='"',
            )
    except ValueError as error:
        raise UserError(f"{path}: {_csv_fault(path, form, k) or error}") from error
    y, names = None, form.names if form.header else []
    if k is not None:
        y = _plain(list(codes))[x[:, k].astype(np.int64)]
        x, names = np.delete(x, k, axis=1), names[:k] + names[k + 1 :]
    return {"train": _Part(x, y, 2 if form.header else 1, 1, names, taken=k)}


def _csv_form(path: Path, label: str | None) -> _Csv:
    """Return how the file is written, from its first line that is not blank."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        line = next((line for line in stream if line.strip()), "")
        separator = next((s for s in ",;\t" if s in line), ",")
        stream.seek(0)
        reader = csv.reader(stream, delimiter=separator)
        cells = [cell.strip() for cell in next((row for row in reader if row), [])]
        lines = reader.line_num
    counts = len(cells) > 2 and cells == [str(i) for i in range(len(cells))]
    named = label in cells and not _is_number(label)
    header = counts or named or not any(map(_is_number, cells))
    return _Csv(separator, cells, lines if header else 0)


def _is_number(cell: str | None) -> bool:
    try:
        float(cell or "")
    except ValueError:
        return False
    return "_" not in (cell or "")  # Python reads 1_000, a table does not


def _csv_fault(path: Path, form: _Csv, k: int | None) -> str | None:
    """Return the first row of a wrong length, or the first cell that is no number."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        for n, row in enumerate(csv.reader(stream, delimiter=form.separator), 1):
            if not row or (form.header and [cell.strip() for cell in row] == form.cells):
                continue
            if len(row) != len(form.cells):
                return f"row {n} has {len(row)} cells, the first has {len(form.cells)}; mend it"
            for c, cell in enumerate(row):
                if c != k and not _is_number(cell):
                    name = f" ('{form.cells[c]}')" if form.header else ""
                    remedy = "" if k is not None else ", or name labels with dataset.label=..."
                    return (
                        f"row {n}, column {c + 1}{name}: {cell[:40]!r} is not a number; "
                        f"mend it{remedy}"
                    )
    return None


def _plain(labels: list[str]) -> np.ndarray:
    """Return labels read from text as numbers where all are, so that 10 sorts behind 9."""
    return np.array([float(v) for v in labels] if all(map(_is_number, labels)) else labels)


def _parquet(path: Path, label: str | None) -> dict[str, _Part]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise UserError(
            f'{path}: reading it needs pyarrow: pip install "aetrain[parquet]"'
        ) from error
    try:
        table = parquet.read_table(path)
    except ArrowException as error:
        raise ValueError(error) from error
    k = _column(path, label, table.column_names)
    y = None if k is None else np.asarray(table.column(k).to_pylist())
    table = table if k is None else table.remove_column(k)
    columns = [column.to_numpy() for column in table.columns]
    for name, column in zip(table.column_names, columns):
        if column.dtype.kind not in "biuf":
            kind = table.schema.field(name).type
            raise UserError(
                f"{path}: column '{name}' holds {kind}, not numbers; "
                "drop it, or name labels with dataset.label=..."
            )
    byte = all(column.dtype in (np.bool_, np.uint8) for column in columns)
    x = np.empty((table.num_rows, len(columns)), np.uint8 if byte else np.float32)
    for i, column in enumerate(columns):
        x[:, i] = column
    return {"train": _Part(x, y, names=table.column_names, taken=k)}


READERS = {".npy": _npy, ".npz": _npz, ".csv": _csv, ".parquet": _parquet}
