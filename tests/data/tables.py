"""Tables and sources for the tests."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from aetrain.data.table import Memory, Splits, Table
from aetrain.values import Values


def every(table: Table | None) -> Tensor:
    """Return all examples."""
    assert table is not None
    return table.read(torch.arange(len(table)))


@final
@dataclass(frozen=True)
class Disk:
    """A table that passes for one that is too large for memory."""

    table: Memory

    @property
    def event(self) -> torch.Size:
        """The shape of one example."""
        return self.table.event

    @property
    def y(self) -> Tensor | None:
        """The labels."""
        return self.table.y

    def __len__(self) -> int:
        return len(self.table)

    def read(self, indices: Tensor) -> Tensor:
        """Return the examples at these places."""
        return self.table.read(indices)


@final
class Given:
    """A source of tables that are there already.

    Arguments:
        early: whether it knows its values before it is read.
    """

    def __init__(self, splits: Splits, *, early: bool = True) -> None:
        self.splits = splits
        self.raw: Values | None = splits.raw if early else None
        self.event = splits.train.event if early else None

    def load(self) -> Splits:
        """Return the splits."""
        return self.splits


def grey(examples: int, *, seed: int = 0) -> Memory:
    """Return bytes (examples, 1, 4, 5) with labels."""
    source = torch.Generator().manual_seed(seed)
    x = torch.randint(0, 256, (examples, 1, 4, 5), dtype=torch.uint8, generator=source)
    return Memory(x, torch.arange(examples) % 3)


def numbered(examples: int) -> Memory:
    """Return a table whose example i is the number i."""
    return Memory(torch.arange(examples, dtype=torch.float32)[:, None])
