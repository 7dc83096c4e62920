"""Dividing tables into training, validation and test."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from aetrain.data.table import Memory, Splits, Table
from aetrain.errors import UserError
from aetrain.seeding import SPLIT, generator


@final
@dataclass(frozen=True)
class View:
    """Some rows of a table, in a given order; nothing is copied."""

    table: Table
    rows: Tensor

    @property
    def event(self) -> torch.Size:
        """The shape of one example."""
        return self.table.event

    @property
    def y(self) -> Tensor | None:
        """The labels of these rows."""
        return None if self.table.y is None else self.table.y[self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, indices: Tensor) -> Tensor:
        """Return the raw examples at these places of the view."""
        return self.table.read(self.rows[indices])


def divide(
    splits: Splits, valid: float | int, test: float | int, seed: int, limit: int | None
) -> dict[str, Table]:
    """Return the tables `train`, `valid` and `test`; what the makers did not split, by `seed`.

    Arguments:
        splits: what the source gave.
        valid: number of examples, or fraction of the training table, where there is no `valid`.
        test: the same for `test`.
        seed: of the shuffle before the division.
        limit: keep at most this many examples of each.

    Raises:
        UserError: where there are fewer examples than a split needs.
    """
    table = splits.train
    available = len(table)
    sizes = {
        "test": 0 if splits.test is not None else _size("test", test, available),
        "valid": 0 if splits.valid is not None else _size("valid", valid, available),
    }
    left = available - sum(sizes.values())
    if left < 1:
        raise UserError(
            f"dataset: {available} examples cannot be split into {sizes['test']} for test,"
            f" {sizes['valid']} for validation and at least 1 for training:"
            " lower dataset.test or dataset.valid"
        )
    order = torch.randperm(available, generator=generator(SPLIT, seed))
    train = View(table, order[:left])
    rest = order[left:]
    tables: dict[str, Table] = {
        "train": train,
        "valid": splits.valid or View(table, rest[: sizes["valid"]]),
        "test": splits.test or View(table, rest[sizes["valid"] :]),
    }
    for name, part in tables.items():
        if len(part) == 0:
            raise UserError(f"dataset: the {name} split is empty: raise dataset.{name}")
    return {name: _limited(part, limit) for name, part in tables.items()}


def _limited(table: Table, limit: int | None) -> Table:
    if limit is None or limit >= len(table):
        return table
    if isinstance(table, View):
        return View(table.table, table.rows[:limit])
    return View(table, torch.arange(limit))


def _size(name: str, wanted: float | int, available: int) -> int:
    if isinstance(wanted, float) and 0 < wanted < 1:
        return max(1, round(wanted * available))
    if wanted < 1 or wanted != int(wanted):
        raise UserError(
            f"dataset.{name}={wanted}: give a fraction between 0 and 1 or a number of examples"
        )
    if wanted >= available:
        raise UserError(
            f"dataset.{name}={wanted}: there are only {available} examples to split; lower it"
        )
    return int(wanted)


def in_memory(table: Table) -> bool:
    """Return whether a table's examples live in memory."""
    while isinstance(table, View):
        table = table.table
    return isinstance(table, Memory)
