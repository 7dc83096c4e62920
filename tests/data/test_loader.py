import itertools
from typing import Any

import pytest
import torch

from aetrain.data.loader import Blocks, Calls, Item, epoch_batches
from aetrain.data.reader import Reader
from aetrain.position import Position
from aetrain.world import World
from tests.data.tables import Disk, numbered

N, BATCH, PER_CALL = 23, 4, 4


def calls(
    examples: int = N,
    batch_size: int = BATCH,
    per_call: int = PER_CALL,
    *,
    done: int = 0,
    epoch: int = 0,
    seed: int = 0,
    limit: int | None = None,
    world: World | None = None,
    workers: int | None = None,
) -> Calls:
    table = numbered(examples)
    return Calls(
        Reader(table if workers is None else Disk(table), workers),
        batch_size=batch_size,
        per_call=per_call,
        limit=limit,
        seed=seed,
        position=Position(epoch=epoch, batch=done),
        world=world or World(),
    )


def rows(items: Any) -> list[list[int]]:
    return [item.rows.tolist() for item in items]


def flat(made: Calls) -> list[Item]:
    return list(itertools.chain.from_iterable(made))


# --- the order ---


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    torch.manual_seed(0)
    first = torch.cat(epoch_batches(N, BATCH, seed=1, epoch=2))
    torch.manual_seed(1)
    assert torch.cat(epoch_batches(N, BATCH, seed=1, epoch=2)).equal(first)
    assert torch.cat(epoch_batches(N, 7, seed=1, epoch=2)).equal(first)
    assert first.sort().values.equal(torch.arange(N))
    for seed, epoch in [(1, 3), (2, 2), (2, 1)]:
        assert not torch.cat(epoch_batches(N, BATCH, seed, epoch)).equal(first)


def test_sizes_of_batches() -> None:
    assert [len(b) for b in epoch_batches(N, BATCH, 0, 0)] == [4, 4, 4, 4, 4, 3]
    assert [len(b) for b in epoch_batches(3, 100, 0, 0)] == [3]
    whole = epoch_batches(N, BATCH, 0, 0)
    limited = epoch_batches(N, BATCH, 0, 0, limit=2)
    assert [b.tolist() for b in limited] == [b.tolist() for b in whole[:2]]


# --- calls ---


@pytest.mark.parametrize("per_call", [1, 4, 6, 10])
@pytest.mark.parametrize("limit", [None, 1, 5, 99])
def test_calls_hold_the_batches_of_an_epoch(per_call: int, limit: int | None) -> None:
    made = calls(per_call=per_call, limit=limit, epoch=3)
    batches = epoch_batches(N, BATCH, 0, 3, limit)
    lengths = [len(call) for call in made]
    assert made.batches == len(batches) == sum(lengths)
    assert len(made) == len(lengths)
    assert lengths[:-1] == [per_call] * (len(lengths) - 1)
    assert rows(flat(made)) == [b.tolist() for b in batches]
    assert [item.examples for item in flat(made)] == [len(b) for b in batches]


@pytest.mark.parametrize("workers", [None, 0])
@pytest.mark.parametrize("done", range(7))
def test_a_resumed_epoch_goes_on_with_what_is_left(done: int, workers: int | None) -> None:
    before = rows(flat(calls(epoch=5)))
    made = list(calls(epoch=5, done=done, workers=workers))
    after = rows(itertools.chain.from_iterable(made))
    assert before[done:] == after
    assert sorted(itertools.chain(*before[:done], *after)) == list(range(N))
    # the grid of calls stands: call i holds batches 4i to 4i + 3, less those that are done
    assert [len(call) for call in made] == [max(0, 4 - done), 2 - max(0, done - 4)]


def test_the_position_is_read_when_an_epoch_begins() -> None:
    made = calls()
    first = rows(flat(made))
    made.position.epoch, made.position.batch = 1, 2
    assert rows(flat(made)) == rows(flat(calls(epoch=1)))[2:]
    made.position.epoch, made.position.batch = 0, 0
    assert rows(flat(made)) == first


@pytest.mark.parametrize("workers", [None, 0])
def test_a_batch_again(workers: int | None) -> None:
    world = World(1, 2)
    made = calls(workers=workers, world=world)
    for b, item in enumerate(flat(made)):
        again = made.batch_at(0, b)
        assert again.rows.equal(item.rows)
        assert again.examples == item.examples
        assert (again.raw is None) == (item.raw is None) == (workers is None)


@pytest.mark.parametrize("size", [2, 3, 7])
@pytest.mark.parametrize("batch_size", [2, 4, 5, 23, 50])
def test_ranks_share_out_every_batch(size: int, batch_size: int) -> None:
    """Also where the size does not divide it, and where there are more ranks than examples."""
    whole = flat(calls(batch_size=batch_size))
    ranks = [flat(calls(batch_size=batch_size, world=World(r, size))) for r in range(size)]
    for item, *parts in zip(whole, *ranks, strict=True):
        assert all(part.examples == item.examples for part in parts)
        union = list(itertools.chain.from_iterable(part.rows.tolist() for part in parts))
        assert sorted(union) == sorted(item.rows.tolist())
        lengths = [len(part.rows) for part in parts]
        assert max(lengths) - min(lengths) <= 1


def test_ranks_make_the_same_calls() -> None:
    made = [[len(call) for call in calls(done=3, world=World(r, 3))] for r in range(3)]
    assert made == [[1, 2]] * 3


def test_raw_examples_come_with_their_rows() -> None:
    for item in flat(calls(workers=0, world=World(1, 3))):
        assert item.raw is not None
        assert item.raw.flatten().equal(item.rows.float())
    assert all(item.raw is None for item in flat(calls()))


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_workers_change_nothing() -> None:
    plain, ahead = calls(workers=0), calls(workers=2)
    for epoch, done in [(0, 0), (1, 3), (1, 6), (2, 0)]:
        for made in (plain, ahead):
            made.position.epoch, made.position.batch = epoch, done
        for call, other in zip(plain, ahead, strict=True):
            for item, same in zip(call, other, strict=True):
                assert item.raw is not None
                assert same.raw is not None
                assert item.rows.equal(same.rows)
                assert item.raw.equal(same.raw)
    ahead.reader.close()


# --- blocks ---


def blocks(size: int, world: World, workers: int | None = None) -> Blocks:
    table = numbered(N)
    reader = Reader(table if workers is None else Disk(table), workers)
    return Blocks(reader, size=size, world=world)


@pytest.mark.parametrize("size", [1, 5, 6, 23, 100])
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_each_example_is_in_one_block(size: int, processes: int) -> None:
    expected = {j: b.tolist() for j, b in enumerate(torch.arange(N).split(size))}
    found: dict[int, list[int]] = {}
    for rank in range(processes):
        made = blocks(size, World(rank, processes))
        given = list(made)
        assert len(given) == len(made) == -(-len(expected) // processes)
        assert None not in given[:-1]
        for block in given:
            if block is not None:
                number, item = block
                assert number not in found
                assert number % processes == rank
                assert item.examples == len(item.rows)
                found[number] = item.rows.tolist()
    assert found == expected


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("workers", [0, 2])
def test_blocks_that_are_read(workers: int) -> None:
    made = blocks(6, World(1, 2), workers)
    for _ in range(2):
        for block in made:
            assert block is not None
            assert block[1].raw is not None
            assert block[1].raw.flatten().equal(block[1].rows.float())
    made.reader.close()
