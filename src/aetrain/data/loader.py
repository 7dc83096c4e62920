"""The order of examples, and batches as indices.

The order of an epoch is a function of (seed, epoch), the part of a process a function of its rank:
a loader has no state, and a run resumes at any batch of any epoch.
"""

from collections.abc import Iterator
from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.data.labelled import LabelledBatches
from aetrain.data.reader import Reader
from aetrain.position import Position
from aetrain.seeding import ORDER, generator
from aetrain.world import World


class Item(NamedTuple):
    """One process's part of a batch, before the transform.

    Attributes:
        rows: places in the table, (b,) int64.
        raw: the raw examples where workers have read them, else None: they are on the device.
        examples: size of the whole batch, over all processes.
        labelled: places of the labelled examples beside it, (m,), where there are any.
    """

    rows: Tensor
    raw: Tensor | None
    examples: int
    labelled: Tensor | None = None


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
        reader: of the raw examples.
        batch_size: examples of a batch, over all processes.
        per_call: batches of a call, K.
        limit: at most this many batches of an epoch.
        seed: of the order.
        position: where the run stands; read when an epoch begins.
        world: this process takes every `size`-th example of a batch, from `rank`.
        labelled: labelled examples for each batch, where there are to be some beside it.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        batch_size: int,
        per_call: int,
        limit: int | None,
        seed: int,
        position: Position,
        world: World,
        labelled: LabelledBatches | None = None,
    ) -> None:
        self.reader = reader
        self.labelled = labelled
        self.batch_size = batch_size
        self.per_call = per_call
        self.limit = limit
        self.seed = seed
        self.position = position
        self.world = world

    @property
    def batches(self) -> int:
        """Number of batches of an epoch."""
        batches = -(-len(self.reader.table) // self.batch_size)
        return batches if self.limit is None else min(batches, self.limit)

    def __len__(self) -> int:
        return -(-self.batches // self.per_call)

    def __iter__(self) -> Iterator[list[Item]]:
        done, epoch = self.position.batch, self.position.epoch
        batches = self._epoch(epoch)
        parts = [self._part(batch) for batch in batches]
        raws = self.reader.read(parts[done:])
        for start in range(0, len(batches), self.per_call):
            left = range(max(start, done), min(start + self.per_call, len(batches)))
            yield [
                Item(parts[i], next(raws), len(batches[i]), self._beside(epoch, i)) for i in left
            ]

    def batch_at(self, epoch: int, batch: int) -> Item:
        """Return a batch again, to look at what was in it."""
        rows = self._epoch(epoch)[batch]
        part = self._part(rows)
        raw = self.reader.read_now(part)
        return Item(part, raw, len(rows), self._beside(epoch, batch))

    def _beside(self, epoch: int, batch: int) -> Tensor | None:
        """Return this process's part of the labelled examples beside a batch."""
        if self.labelled is None:
            return None
        return self._part(self.labelled.rows(epoch * self.batches + batch))

    def _epoch(self, epoch: int) -> list[Tensor]:
        length = len(self.reader.table)
        return epoch_batches(length, self.batch_size, self.seed, epoch, self.limit)

    def _part(self, batch: Tensor) -> Tensor:
        return batch[self.world.rank :: self.world.size]


@final
class Blocks:
    """An evaluation's examples in fixed blocks, block j to process j mod size, each example once.

    A block's random numbers are a function of its number, so that figures do not depend on how
    many processes shared the work. Where a process has no block left it gets None.

    Arguments:
        reader: of the raw examples.
        size: examples of a block.
        world: the processes.
    """

    def __init__(self, reader: Reader, *, size: int, world: World) -> None:
        self.reader = reader
        self.size = size
        self.world = world

    def __len__(self) -> int:
        return -(-len(self.reader.table) // (self.size * self.world.size))

    def __iter__(self) -> Iterator[tuple[int, Item] | None]:
        rows = torch.arange(len(self.reader.table)).split(self.size)
        own = range(self.world.rank, len(rows), self.world.size)
        raws = self.reader.read([rows[j] for j in own])
        for j, raw in zip(own, raws):
            yield j, Item(rows[j], raw, len(rows[j]))
        if len(own) < len(self):
            yield None
