from itertools import chain
from typing import Any

import pytest
import torch

from aetrain.data.split import divide
from aetrain.data.table import Memory, Splits, Table
from aetrain.data.view import View
from aetrain.errors import UserError
from tests.data.tables import every, numbered

NAMES = ("train", "valid", "test")


def divided(
    examples: int = 50,
    valid: float | int = 0.1,
    test: float | int = 0.2,
    seed: int = 0,
    limit: int | None = None,
) -> dict[str, Table]:
    return divide(Splits(numbered(examples)), valid, test, seed, limit)


def rows(tables: dict[str, Table]) -> dict[str, list[int]]:
    return {name: every(table).flatten().int().tolist() for name, table in tables.items()}


@pytest.mark.parametrize(
    ("valid", "test", "sizes"),
    [
        (0.1, 0.2, (35, 5, 10)),
        (7, 3, (40, 7, 3)),
        (7.0, 0.5, (18, 7, 25)),
        (0.001, 0.001, (48, 1, 1)),
        (0.49, 0.49, (2, 24, 24)),
        (1, 48, (1, 1, 48)),
    ],
)
def test_splits_are_disjoint_and_exhaustive(
    valid: float, test: float, sizes: tuple[int, ...]
) -> None:
    parts = rows(divided(valid=valid, test=test))
    assert tuple(parts) == NAMES
    assert tuple(map(len, parts.values())) == sizes
    assert sorted(chain.from_iterable(parts.values())) == list(range(50))


def test_the_split_is_a_function_of_its_seed() -> None:
    torch.manual_seed(0)
    first = rows(divided(seed=3))
    torch.manual_seed(1)
    assert rows(divided(seed=3)) == first
    other = rows(divided(seed=4))
    assert all(first[name] != other[name] for name in NAMES)
    assert first["train"] != sorted(first["train"])


def test_what_the_makers_split_stays_as_it_is() -> None:
    valid, test = numbered(4), numbered(6)
    tables = divided(valid=3, test=9)
    given = divide(Splits(numbered(50), valid=valid, test=test), 3, 9, 0, None)
    assert given["valid"] is valid
    assert given["test"] is test
    assert sorted(rows(given)["train"]) == list(range(50))
    half = divide(Splits(numbered(50), test=test), 3, 9, 0, None)
    assert [len(half[name]) for name in NAMES] == [47, 3, 6]
    assert [len(tables[name]) for name in NAMES] == [38, 3, 9]


def test_a_view_copies_nothing() -> None:
    table = numbered(50)
    for part in divide(Splits(table), 0.1, 0.1, 0, 7).values():
        assert isinstance(part, View)
        assert part.table is table


def test_limit() -> None:
    whole, limited = rows(divided()), rows(divided(limit=6))
    assert {name: part[:6] for name, part in whole.items()} == limited
    assert rows(divided(limit=1000)) == whole


@pytest.mark.parametrize(("limit", "train_limit"), [(None, 6), (6, 9), (6, 6)])
def test_limit_of_the_training_examples(limit: int | None, train_limit: int) -> None:
    whole = rows(divided(limit=limit))
    splits = Splits(numbered(50))
    limited = rows(divide(splits, 0.1, 0.2, 0, limit, train_limit))
    assert limited == whole | {"train": whole["train"][:train_limit]}
    assert len(limited["train"]) == 6


def test_limit_of_a_split_that_is_sorted_by_class() -> None:
    test = Memory(torch.zeros(100, 1), torch.arange(100) // 50)
    tables = divide(Splits(numbered(50), test=test), 5, 5, 0, 20)
    assert [len(tables[name]) for name in NAMES] == [20, 5, 20]
    y = tables["test"].y
    assert y is not None
    assert 4 < y.sum() < 16
    again = divide(Splits(numbered(50), test=test), 5, 5, 0, 20)["test"].y
    assert again is not None
    assert again.equal(y)
    assert divide(Splits(numbered(50), test=test), 5, 5, 0, 100)["test"] is test


NEITHER = "give a fraction between 0 and 1 or a number of examples"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"valid": 0}, f"dataset.valid=0: {NEITHER}"),
        ({"valid": 0.0}, f"dataset.valid=0.0: {NEITHER}"),
        ({"valid": -3}, f"dataset.valid=-3: {NEITHER}"),
        ({"test": 1.5}, f"dataset.test=1.5: {NEITHER}"),
        ({"test": 1.0}, f"dataset.test=1.0: {NEITHER}"),
        ({"test": -0.1}, f"dataset.test=-0.1: {NEITHER}"),
        ({"test": float("nan")}, f"dataset.test=nan: {NEITHER}"),
        ({"test": float("inf")}, f"dataset.test=inf: {NEITHER}"),
        ({"test": 50}, "dataset.test=50: there are only 50 examples to split; lower it"),
        (
            {"valid": 30, "test": 20},
            "dataset: 50 examples cannot be split into 20 for test, 30 for validation and at"
            " least 1 for training: lower dataset.test or dataset.valid",
        ),
        (
            {"examples": 2},
            "dataset: 2 examples cannot be split into 1 for test, 1 for validation and at least 1"
            " for training: lower dataset.test or dataset.valid",
        ),
    ],
)
def test_sizes_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        divided(**options)
    assert str(caught.value) == message


def test_an_empty_split_of_the_makers() -> None:
    with pytest.raises(UserError) as caught:
        divide(Splits(numbered(9), test=numbered(0)), 1, 1, 0, None)
    assert str(caught.value) == "dataset: its own test split is empty: fill it or take it away"
