"""Dividing tables into training, validation and test."""

import torch

from aetrain.data.table import Splits, Table
from aetrain.data.view import View
from aetrain.errors import UserError
from aetrain.seeding import SPLIT, generator


def divide(
    splits: Splits,
    valid: float | int,
    test: float | int,
    seed: int,
    limit: int | None,
    train_limit: int | None = None,
) -> dict[str, Table]:
    """Return the tables `train`, `valid` and `test`; what the makers did not split, by `seed`.

    Arguments:
        splits: what the source gave.
        valid: number of examples, or fraction of the training table, where there is no `valid`.
        test: the same for `test`.
        seed: of the shuffle before the division.
        limit: keep at most this many examples of each.
        train_limit: keep at most this many for training.

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
    train, valid_rows, test_rows = order.split([left, sizes["valid"], sizes["test"]])
    return {
        "train": View(table, train[:limit][:train_limit]),
        "valid": _given("valid", splits.valid, limit, seed) or View(table, valid_rows[:limit]),
        "test": _given("test", splits.test, limit, seed) or View(table, test_rows[:limit]),
    }


def _given(name: str, table: Table | None, limit: int | None, seed: int) -> Table | None:
    """Return the makers' own split, or `limit` of its examples: it may be sorted by class."""
    if table is None:
        return None
    if not len(table):
        raise UserError(f"dataset: its own {name} split is empty: fill it or take it away")
    if limit is None or limit >= len(table):
        return table
    return View(table, torch.randperm(len(table), generator=generator(SPLIT, seed))[:limit])


def _size(name: str, wanted: float | int, available: int) -> int:
    if isinstance(wanted, float) and 0 < wanted < 1:
        return max(1, round(wanted * available))
    # 1.0 could mean all or one
    if not float(wanted).is_integer() or wanted < 1 or (isinstance(wanted, float) and wanted == 1):
        raise UserError(
            f"dataset.{name}={wanted}: give a fraction between 0 and 1 or a number of examples"
        )
    if wanted >= available:
        raise UserError(
            f"dataset.{name}={wanted}: there are only {available} examples to split; lower it"
        )
    return int(wanted)
