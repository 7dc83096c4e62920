"""Figures of different examples are not compared."""

from typing import Any

import pytest

from aetrain.comparison.same_data import require_same_data
from aetrain.errors import UserError

DIGITS = {
    "dataset.source._target_": "aetrain.data.digits.Digits",
    "dataset.source.root": "/a",
    "dataset.test": 0.1,
    "dataset.batch_size": 100,
}


@pytest.mark.parametrize("change", [{"dataset.source.root": "/b"}, {"dataset.batch_size": 7}])
def test_the_same_examples(change: dict[str, Any]):
    require_same_data(["a", "b"], [DIGITS, {**DIGITS, **change}])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dataset.source._target_": "aetrain.data.vision.Vision"}, "source is Digits and Vision"),
        ({"dataset.source.size": 8}, "dataset.source.size is None and 8"),
        ({"dataset.test": 0.2}, "dataset.test is 0.1 and 0.2"),
        ({"dataset.limit": 50}, "dataset.limit is None and 50"),
    ],
)
def test_others(change: dict[str, Any], said: str):
    with pytest.raises(UserError, match=f"^a and c: .*{said}, so .*; choose runs on the same data"):
        require_same_data(["a", "b", "c"], [DIGITS, DIGITS, {**DIGITS, **change}])
