"""Tables as text: .csv, with a header or without."""

import csv
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aetrain.data.part import Part, column_of_labels
from aetrain.errors import UserError


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


def read_csv(path: Path, label: str | None) -> dict[str, Part]:
    """Return the rows, as `train`; the column `label` apart from the others.

    Raises:
        UserError: naming the first cell that is no number.
    """
    form = _csv_form(path, label)
    k = column_of_labels(path, label, form.names)
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
    return {"train": Part(x, y, 2 if form.header else 1, 1, names, taken=k)}


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
