import pytest
import torch

from aetrain.data.draws import FixedDraw
from aetrain.data.table import Memory
from aetrain.data.view import View, in_memory, to_device, value_range
from aetrain.values import BINARY, Values
from tests.data.tables import Disk, every, grey, numbered

CPU = torch.device("cpu")


def test_rows_in_their_order() -> None:
    table = Memory(torch.arange(10, dtype=torch.uint8)[:, None], torch.arange(10) + 100)
    view = View(View(table, torch.tensor([9, 7, 5, 3])), torch.tensor([3, 0, 1]))
    assert every(view).flatten().tolist() == [3, 9, 7]
    assert view.read(torch.tensor([2, 2])).flatten().tolist() == [7, 7]
    assert view.y is not None
    assert view.y.tolist() == [103, 109, 107]
    assert (len(view), view.event) == (3, (1,))
    assert View(numbered(3), torch.tensor([0])).y is None


def test_what_is_in_memory() -> None:
    rows = torch.tensor([1, 0])
    for table, expected in [
        (grey(4), True),
        (Disk(grey(4)), False),
        (FixedDraw(grey(4), Values(0, 255, 256), 0), False),
    ]:
        assert in_memory(table) == in_memory(View(View(table, rows), rows)) == expected


def test_tables_move_once_and_views_copy_nothing() -> None:
    table, disk = grey(6), Disk(grey(6))
    tables = {"a": View(table, torch.tensor([1])), "b": View(table, torch.tensor([2])), "c": disk}
    moved = to_device(tables, CPU)
    a, b = moved["a"], moved["b"]
    assert isinstance(a, View)
    assert isinstance(b, View)
    assert a.table is b.table
    assert isinstance(a.table, Memory)
    assert a.table.x.data_ptr() == table.x.data_ptr()
    assert moved["c"] is disk


def test_moved_tables_are_those_of_the_device() -> None:
    moved = to_device({"a": View(grey(6), torch.tensor([1]))}, torch.device("meta"))["a"]
    assert isinstance(moved, View)
    assert moved.rows.is_meta
    assert every(moved.table).is_meta
    assert moved.table.y is not None
    assert moved.table.y.is_meta


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 1.0, 1.0], BINARY),
        ([0.0, 0.0, 0.0], BINARY),
        ([-1.5, 0.0, 3.0], Values(-1.5, 3)),
        ([0.0, 0.5, 1.0], Values(0, 1)),
    ],
)
def test_value_range_of_all_tables(values: list[float], expected: Values) -> None:
    x = torch.tensor(values)[:, None]
    assert value_range([Memory(x[:2]), Memory(x[2:])]) == expected


def test_value_range_of_many_rows() -> None:
    assert value_range([numbered(2500)]) == Values(0, 2499, 2500)
