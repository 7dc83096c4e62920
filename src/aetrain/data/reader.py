"""Batches read from a table, by processes of their own where it is not in memory."""

import signal
from collections.abc import Iterator
from typing import final

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from aetrain.data.table import Table
from aetrain.errors import UserError


@final
class Reader:
    """Reads batches of a table one after another, ahead of their use where workers do it.

    Workers start with the first batch that is wanted and are kept from epoch to epoch: what a
    new one would have to do again, such as reading the directory of a zip, takes half a second.

    Arguments:
        table: raw examples.
        workers: how many processes read ahead; 0: this process reads when asked; None: nothing
            is read, since the table is on the device already.
    """

    def __init__(self, table: Table, workers: int | None) -> None:
        self.table = table
        self.workers = workers
        self._wanted: list[list[int]] = []
        self._loader: DataLoader[Tensor | UserError] | None = None
        self._turn = 0

    def read(self, batches: list[Tensor]) -> Iterator[Tensor | None]:
        """Yield the raw examples of each batch of indices, or None for each; one reading at a time.

        Raises:
            UserError: as the table raised it, in whichever process.
        """
        if not self.workers:
            yield from map(self.read_now, batches)
        elif batches:
            self._turn += 1
            turn = self._turn
            # the loader looks here whenever an epoch begins
            self._wanted[:] = [batch.tolist() for batch in batches]
            for raw in self._started():
                if isinstance(raw, UserError):
                    raise raw
                yield raw
                if turn != self._turn:
                    raise RuntimeError("another reading of this table has begun")

    def read_now(self, batch: Tensor) -> Tensor | None:
        """Return one batch, read by this process; None where the table is on the device."""
        return None if self.workers is None else self.table.read(batch)

    def close(self) -> None:
        """End the workers."""
        self._turn += 1
        self._loader = None

    def _started(self) -> "DataLoader[Tensor | UserError]":
        if self._loader is None:
            self._loader = DataLoader(
                _Batches(self.table),
                batch_size=None,
                sampler=self._wanted,  # pyright: ignore[reportArgumentType]  elements are batches
                num_workers=self.workers or 0,
                persistent_workers=True,
                worker_init_fn=_begin,
                generator=torch.Generator(),  # else it would draw from the run's own
            )
        return self._loader


class _Batches(Dataset[Tensor | UserError]):
    """A table for torch's loader: an element is a whole batch, or why it cannot be read."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __getitem__(self, rows: list[int]) -> Tensor | UserError:
        try:
            return self.table.read(torch.tensor(rows, dtype=torch.int64))
        except UserError as error:
            # raised here, the loader would wrap it in a traceback
            return error


def _begin(worker: int) -> None:
    """Leave Ctrl-C to the main process, and let SIGTERM end a worker again.

    Forked, it has inherited handlers that speak to the trainer. Torch gives it one thread.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
