"""The order of examples, and batches as indices.

The order of an epoch is a function of (seed, epoch), the part of a process a function of its rank:
a loader has no state, and a run resumes at any batch of any epoch.
"""

from collections.abc import Iterator
from typing import NamedTuple, final

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from aetrain.data.table import Table
from aetrain.position import Position
from aetrain.seeding import ORDER, generator
from aetrain.world import World


class Item(NamedTuple):
    """One process's part of a batch, before the transform.

    Attributes:
        rows: places in the table, (b,) int64.
        raw: the raw examples where workers have read them, else None: they are on the device.
        examples: size of the whole batch, over all processes.
    """

    rows: Tensor
    raw: Tensor | None
    examples: int


def epoch_batches(
    length: int, batch_size: int, seed: int, epoch: int, limit: int | None = None
) -> list[Tensor]:
    """Return the batches of an epoch as indices (≤ batch_size,), shuffled by (seed, epoch)."""
    order = torch.randperm(length, generator=generator(ORDER, seed, epoch))
    return list(order.split(batch_size))[:limit]


@final
class Calls:
    """The batches of one epoch, several to a call of the training step.

    Call i always holds batches iK to (i+1)K − 1. Of an epoch that is resumed in its middle, the
    calls that were done come empty, so that Lightning counts the same calls as in a whole epoch.

    Arguments:
        table: raw examples.
        batch_size: examples of a batch, over all processes.
        per_call: batches of a call, K.
        limit: at most this many batches of an epoch.
        seed: of the order.
        position: where the run stands; read when an epoch begins.
        world: this process takes every `size`-th example of a batch, from `rank`.
        workers: processes that read ahead; None where the table is on the device already.
    """

    def __init__(
        self,
        table: Table,
        *,
        batch_size: int,
        per_call: int,
        limit: int | None,
        seed: int,
        position: Position,
        world: World,
        workers: int | None,
    ) -> None:
        self.table = table
        self.batch_size = batch_size
        self.per_call = per_call
        self.limit = limit
        self.seed = seed
        self.position = position
        self.world = world
        self.workers = workers

    @property
    def batches(self) -> int:
        """Number of batches of an epoch."""
        batches = -(-len(self.table) // self.batch_size)
        return batches if self.limit is None else min(batches, self.limit)

    def __len__(self) -> int:
        return -(-self.batches // self.per_call)

    def __iter__(self) -> Iterator[list[Item]]:
        epoch, done = self.position.epoch, self.position.batch
        batches = epoch_batches(len(self.table), self.batch_size, self.seed, epoch, self.limit)
        items = self._items(batches[done:])
        for start in range(0, len(batches), self.per_call):
            stop = min(start + self.per_call, len(batches))
            yield [next(items) for _ in range(max(0, stop - max(start, done)))]

    def batch_at(self, epoch: int, batch: int) -> Item:
        """Return a batch again, to look at what was in it."""
        batches = epoch_batches(len(self.table), self.batch_size, self.seed, epoch, self.limit)
        return next(self._items(batches[batch : batch + 1], workers=0))

    def _items(self, batches: list[Tensor], workers: int | None = None) -> Iterator[Item]:
        parts = [batch[self.world.rank :: self.world.size] for batch in batches]
        raws = read_ahead(self.table, parts, self.workers if workers is None else workers)
        for batch, part, raw in zip(batches, parts, raws):
            yield Item(part, raw, len(batch))


@final
class Blocks:
    """An evaluation's examples in fixed blocks, block j to process j mod size, each example once.

    A block's random numbers are a function of its number, so that figures do not depend on how
    many processes shared the work. Where a process has no block left it gets None.

    Arguments:
        table: raw examples.
        size: examples of a block.
        world: the processes.
        workers: processes that read ahead; None where the table is on the device already.
    """

    def __init__(self, table: Table, *, size: int, world: World, workers: int | None) -> None:
        self.table = table
        self.size = size
        self.world = world
        self.workers = workers

    def __len__(self) -> int:
        return -(-len(self.table) // (self.size * self.world.size))

    def __iter__(self) -> Iterator[tuple[int, Item] | None]:
        rows = torch.arange(len(self.table)).split(self.size)
        own = range(self.world.rank, len(rows), self.world.size)
        raws = read_ahead(self.table, [rows[j] for j in own], self.workers)
        for j, raw in zip(own, raws):
            yield j, Item(rows[j], raw, len(rows[j]))
        if len(own) < len(self):
            yield None


class _Reader(torch.utils.data.Dataset[Tensor]):
    """A table for torch's loader: an element is a whole batch."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __getitem__(self, rows: list[int]) -> Tensor:
        return self.table.read(torch.tensor(rows))


def read_ahead(table: Table, batches: list[Tensor], workers: int | None) -> Iterator[Tensor | None]:
    """Yield the raw examples of each batch, read by `workers` processes; None for None."""
    if workers is None:
        yield from (None for _ in batches)
    elif workers == 0:
        yield from (table.read(batch) for batch in batches)
    else:
        yield from DataLoader(
            _Reader(table),
            batch_size=None,
            sampler=[batch.tolist() for batch in batches],  # pyright: ignore[reportArgumentType]
            num_workers=workers,
        )
