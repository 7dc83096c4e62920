import math

import pytest

from aetrain.values import BINARY, COUNTS, REAL, UNIT, Values

BYTES = Values(0.0, 1.0, 256)
DIGITS = Values(0.0, 1.0, 17)

COVERS = [
    (REAL, REAL, True),
    (REAL, UNIT, True),
    (REAL, BINARY, True),
    (REAL, BYTES, True),
    (UNIT, UNIT, True),
    (UNIT, BINARY, True),
    (UNIT, BYTES, True),
    (UNIT, REAL, False),
    (UNIT, Values(-0.1, 1.0), False),
    (UNIT, Values(0.0, 1.1), False),
    (UNIT, Values(0.2, 0.8), True),
    (Values(low=0.0), UNIT, True),
    (Values(low=0.0), REAL, False),
    (BINARY, BINARY, True),
    (BINARY, UNIT, False),
    (BINARY, REAL, False),
    (BINARY, BYTES, False),
    # the same number of values, but others
    (BINARY, Values(0.25, 0.75, 2), False),
    (BYTES, Values(0.0, 0.5, 256), False),
    # a part of the grid's values
    (BYTES, BINARY, True),
    (BYTES, Values(0.0, 1.0, 52), True),
    (BYTES, Values(51 / 255, 102 / 255, 2), True),
    (BYTES, DIGITS, False),
    (DIGITS, Values(0.0, 1.0, 9), True),
    (DIGITS, BYTES, False),
    (Values(0.0, 255.0, 256), Values(0.0, 16.0, 17), True),
    (Values(0.0, 255.0, 256), BYTES, False),
    # whole numbers without an end
    (COUNTS, Values(0.0, 16.0, 17), True),
    (COUNTS, Values(3.0, 5.0, 3), True),
    (COUNTS, BINARY, True),
    (COUNTS, BYTES, False),
    (COUNTS, Values(-1.0, 5.0, 7), False),
    (COUNTS, REAL, False),
    (COUNTS, UNIT, False),
    (COUNTS, COUNTS, True),
    (BINARY, COUNTS, False),
    (REAL, COUNTS, True),
    # constant data
    (BINARY, Values(0.0, 0.0, 1), True),
    (BINARY, Values(1.0, 1.0, 1), True),
    (BINARY, Values(0.5, 0.5, 1), False),
    (Values(1.0, 1.0, 1), Values(1.0, 1.0, 1), True),
    (Values(1.0, 1.0, 1), Values(0.0, 0.0, 1), False),
]


@pytest.mark.parametrize(("support", "data", "expected"), COVERS, ids=str)
def test_covers(support: Values, data: Values, expected: bool) -> None:
    assert support.covers(data) is expected


def test_covers_is_what_enumeration_says() -> None:
    ends = [0.0, 0.25, 0.5, 1.0]
    grids = [Values(a, b, k) for a in ends for b in ends if a < b for k in (2, 3, 5, 9)]

    def members(values: Values) -> set[float]:
        assert values.levels is not None
        step = (values.high - values.low) / (values.levels - 1)
        return {values.low + i * step for i in range(values.levels)}

    for support in grids:
        for data in grids:
            assert support.covers(data) is (members(data) <= members(support)), (support, data)


def test_discrete() -> None:
    assert BINARY.discrete
    assert not UNIT.discrete


TEXTS = [
    (REAL, "all real numbers"),
    (UNIT, "real numbers from 0 to 1"),
    (BINARY, "two values from 0 to 1"),
    (DIGITS, "17 values from 0 to 1"),
    (Values(0.0, 255.0, 256), "256 values from 0 to 255"),
    (Values(-2.5, 4.0), "real numbers from -2.5 to 4"),
    (Values(0.0), "real numbers from 0 to inf"),
]


@pytest.mark.parametrize(("values", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_words(values: Values, text: str) -> None:
    assert str(values) == text


def test_equal_values_are_equal() -> None:
    assert Values(0.0, 1.0, 2) == BINARY
    assert Values(-math.inf) == REAL
    assert BINARY != UNIT
