"""Labels that may be missing."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from aetrain.data.module import DataModule
from aetrain.errors import UserError
from aetrain.labels import labels_of, one_hot_or_none, require_labels


def data(y: Any) -> DataModule:
    return cast(DataModule, SimpleNamespace(tables={"train": SimpleNamespace(y=y)}))


def test_one_more_class_stands_for_no_label() -> None:
    found = one_hot_or_none(torch.tensor([0, -1, 2, -7]), 3, torch.float64)
    assert found.tolist() == [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert found.dtype == torch.float64


def test_data_without_labels_are_refused() -> None:
    y = torch.tensor([1])
    assert labels_of({"x": torch.zeros(1), "y": y}, "m") is y
    with pytest.raises(UserError, match="model=m needs labels, and this data set has none: use"):
        labels_of({"x": torch.zeros(1)}, "m")


def test_labels_beyond_the_classes_are_refused() -> None:
    require_labels(data(torch.tensor([-1, 0, 9])), 10)
    require_labels(data(None), 10)
    message = r"model\.classes=9: there is a label 9, .* set model\.classes=10"
    with pytest.raises(UserError, match=message):
        require_labels(data(torch.tensor([0, 9])), 9)
