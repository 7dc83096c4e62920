"""Rows of tables, and what is done with tables whatever they hold."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from aetrain.data.table import Memory, Table
from aetrain.values import BINARY, Values

ROWS_AT_ONCE = 1000


@final
@dataclass(frozen=True)
class View:
    """Some rows of a table, in a given order; nothing is copied.

    Arguments:
        table: of which.
        rows: places in it, (N,).
        labels: of these rows, (N,), where they are not the table's.
    """

    table: Table
    rows: Tensor
    labels: Tensor | None = None

    @property
    def event(self) -> torch.Size:
        """The shape of one example."""
        return self.table.event

    @property
    def y(self) -> Tensor | None:
        """The labels of these rows."""
        if self.labels is not None:
            return self.labels
        return None if self.table.y is None else self.table.y[self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, indices: Tensor) -> Tensor:
        """Return the raw examples at these places of the view."""
        return self.table.read(self.rows.index_select(0, indices))


def in_memory(table: Table) -> bool:
    """Return whether a table's examples live in memory."""
    while isinstance(table, View):
        table = table.table
    return isinstance(table, Memory)


def to_device(tables: dict[str, Table], device: torch.device) -> dict[str, Table]:
    """Return the tables with all that is in memory on a device; what views share moves once."""
    moved: dict[int, Memory] = {}

    def place(table: Table) -> Table:
        if isinstance(table, View):
            labels = None if table.labels is None else table.labels.to(device)
            return View(place(table.table), table.rows.to(device), labels)
        if not isinstance(table, Memory):
            return table
        if id(table) not in moved:
            y = None if table.y is None else table.y.to(device)
            moved[id(table)] = Memory(table.x.to(device), y)
        return moved[id(table)]

    return {name: place(table) for name, table in tables.items()}


def value_range(tables: Iterable[Table]) -> Values:
    """Return the values of all examples: binary, whole numbers from 0, or else their range."""
    low, high, binary, whole = math.inf, -math.inf, True, True
    for table in tables:
        for rows in torch.arange(len(table)).split(ROWS_AT_ONCE):
            x = table.read(rows)
            low, high = min(low, x.min().item()), max(high, x.max().item())
            binary = binary and bool(((x == 0) | (x == 1)).all())
            whole = whole and low >= 0 and bool((x == x.round()).all())
    if binary:
        return BINARY
    return Values(0.0, high, high + 1) if whole else Values(low, high)
