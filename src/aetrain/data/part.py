"""A split of the user's numbers as it stands in a file, and what files share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aetrain.errors import UserError, did_you_mean


@dataclass(frozen=True)
class Part:
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


def column_of_labels(path: Path, label: str | None, names: Sequence[str]) -> int | None:
    """Return the position of the column of labels. Raises UserError where there is none."""
    if label is None:
        return None
    if label not in names:
        listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        near = did_you_mean(label, names)
        raise UserError(
            f"{path}: dataset.label={label}: no such column; there are: {listed}.{near}"
        )
    return list(names).index(label)
