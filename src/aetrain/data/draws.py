"""Binarisation that is drawn once: the same bits at each reading, in memory or not."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from aetrain.data.table import Memory, Table
from aetrain.data.transform import Transform
from aetrain.data.view import ROWS_AT_ONCE, in_memory
from aetrain.seeding import BINARIZE, generator, mix
from aetrain.values import BINARY, Values

SPLITS: tuple[str, ...] = ("train", "valid", "test")


@final
@dataclass(frozen=True)
class FixedDraw:
    """A table of one Bernoulli draw of every example: a function of (seed, index), device or not.

    Arguments:
        table: raw examples.
        raw: their values.
        seed: of the draw.
    """

    table: Table
    raw: Values
    seed: int

    @property
    def event(self) -> torch.Size:
        """The shape of one example."""
        return self.table.event

    @property
    def y(self) -> Tensor | None:
        """The table's labels."""
        return self.table.y

    def __len__(self) -> int:
        return len(self.table)

    def read(self, indices: Tensor) -> Tensor:
        """Return the drawn examples, 0 or 1 as uint8, (B, *event)."""
        x = (self.table.read(indices).float() - self.raw.low) / (self.raw.high - self.raw.low)
        draws = torch.empty_like(x, dtype=torch.uint8)
        source = generator()
        for row, index in enumerate(indices.tolist()):
            source.manual_seed(mix(BINARIZE, self.seed, index))
            draws[row] = torch.rand(x.shape[1:], generator=source) < x[row]
        return draws

    def materialised(self) -> Memory:
        """Return all draws as a table in memory."""
        x = torch.empty((len(self), *self.event), dtype=torch.uint8)
        for rows in torch.arange(len(self)).split(ROWS_AT_ONCE):
            x[rows] = self.read(rows)
        return Memory(x, self.y)


def fix_draws(
    tables: dict[str, Table], transform: Transform, seed: int
) -> tuple[dict[str, Table], dict[str, Transform]]:
    """Draw once what is binarised once: valid and test, and for `static` the training data too.

    Arguments:
        tables: raw examples by split.
        transform: what is asked for.
        seed: of the draws.

    Returns:
        Tables and transforms by split; what is drawn already is only put into floating point.
    """
    raw, binarize = transform.raw, transform.binarize
    transforms = dict.fromkeys(SPLITS, transform)
    if raw is None or binarize not in ("static", "dynamic"):
        return tables, transforms
    tables = dict(tables)
    for number, split in enumerate(SPLITS):
        if split == "train" and binarize == "dynamic":
            continue
        draw = FixedDraw(tables[split], raw, seed * len(SPLITS) + number)
        tables[split] = draw.materialised() if in_memory(draw.table) else draw
        transforms[split] = Transform(BINARY)
    return tables, transforms
