import itertools
import multiprocessing
import os
import signal
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from aetrain.data.reader import Reader
from aetrain.errors import UserError
from tests.data.tables import Disk, numbered

# Python 3.12 and later; torch forks as well
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

ROWS = list(torch.randperm(40, generator=torch.Generator().manual_seed(0)).split(3))


def numbers(raws: list[Tensor | None]) -> list[list[int]]:
    return [raw.flatten().int().tolist() for raw in raws if raw is not None]


@dataclass
class Spy:
    """A table that tells of the process which reads it."""

    event = torch.Size((4,))
    y = None

    def __len__(self) -> int:
        return 40

    def read(self, indices: Tensor) -> Tensor:
        if 13 in indices.tolist():
            raise UserError("13.png: cannot be read; mend or remove it")
        ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
        ends = signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        return torch.tensor([os.getpid(), torch.get_num_threads(), ignored, ends])


def told(reader: Reader) -> list[list[int]]:
    return [raw.tolist() for raw in reader.read([torch.tensor([0])] * 4) if raw is not None]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_reads_every_batch_in_order(workers: int) -> None:
    reader = Reader(Disk(numbered(40)), workers)
    for batches in (ROWS, ROWS[5:], ROWS[:1], []):
        assert numbers(list(reader.read(batches))) == [rows.tolist() for rows in batches]
    empty = [ROWS[0], ROWS[0][:0]]
    assert [len(raw) for raw in reader.read(empty) if raw is not None] == [3, 0]
    reader.close()


def test_reads_nothing_that_is_on_the_device_already() -> None:
    reader = Reader(numbered(40), None)
    assert list(reader.read(ROWS)) == [None] * len(ROWS)
    assert reader.read_now(ROWS[0]) is None


def test_reads_one_batch_at_once() -> None:
    raw = Reader(Disk(numbered(40)), 2).read_now(ROWS[0])
    assert numbers([raw]) == [ROWS[0].tolist()]
    assert not multiprocessing.active_children()


def test_workers_stay_until_they_are_closed() -> None:
    reader = Reader(Spy(), 2)
    pids = [{pid for pid, *_ in told(reader)} for _ in range(3)]
    assert len(pids[0]) == 2
    assert pids[0] == pids[1] == pids[2]
    assert os.getpid() not in pids[0]
    reader.close()
    assert not multiprocessing.active_children()
    assert pids[0].isdisjoint(pid for pid, *_ in told(reader))
    reader.close()


def test_workers_have_one_thread_and_leave_signals_to_the_main_process() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    reader = Reader(Spy(), 1)
    try:
        assert all(rest == [1, 1, 1] for _, *rest in told(reader))
    finally:
        torch.set_num_threads(before)
        reader.close()


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_comes_as_it_was_raised(workers: int) -> None:
    reader = Reader(Spy(), workers)
    good, bad = torch.tensor([1, 2]), torch.tensor([12, 13])
    raws = reader.read([good, bad, good])
    next(raws)
    with pytest.raises(UserError) as caught:
        next(raws)
    assert str(caught.value) == "13.png: cannot be read; mend or remove it"
    assert len(told(reader)) == 4
    reader.close()


def test_an_epoch_that_is_left_in_its_middle() -> None:
    reader = Reader(Disk(numbered(40)), 2)
    left = reader.read(ROWS)
    assert len(list(itertools.islice(left, 3))) == 3
    assert numbers(list(reader.read(ROWS[3:]))) == [rows.tolist() for rows in ROWS[3:]]
    with pytest.raises(RuntimeError, match="another reading of this table has begun"):
        next(left)
    reader.close()


@pytest.mark.parametrize("workers", [0, 2])
def test_draws_nothing_from_the_global_generator(workers: int) -> None:
    reader = Reader(Disk(numbered(40)), workers)
    before = torch.get_rng_state()
    list(reader.read(ROWS))
    list(reader.read(ROWS))
    assert torch.get_rng_state().equal(before)
    reader.close()
