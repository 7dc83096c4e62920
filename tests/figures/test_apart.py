"""Words that are moved apart."""

from itertools import combinations

import numpy as np
import pytest

from aetrain.figures.apart import apart


def overlaps(centres: np.ndarray, sizes: np.ndarray) -> list[tuple[int, int]]:
    return [
        (i, j)
        for i, j in combinations(range(len(centres)), 2)
        if (np.abs(centres[i] - centres[j]) < (sizes[i] + sizes[j]) / 2 - 1e-9).all()
    ]


LOW, HIGH = np.zeros(2), np.full(2, 430.0)


@pytest.mark.parametrize("middle", [[200, 200], [200, 425], [0, 0]])
@pytest.mark.parametrize("spread", [0.0, 1.0, 20.0, 200.0])
@pytest.mark.parametrize("count", [1, 2, 10, 30])
def test_no_box_lies_on_another_or_outside(count: int, spread: float, middle: list[float]):
    random = np.random.default_rng(0)
    centres = np.array(middle) + spread * random.normal(size=(count, 2))
    sizes = random.uniform(8, 16, (count, 2))
    found = apart(centres, sizes, LOW, HIGH)
    assert not overlaps(found, sizes)
    assert (found - sizes / 2 >= LOW - 1e-9).all()
    assert (found + sizes / 2 <= HIGH + 1e-9).all()


def test_boxes_that_are_apart_stay_where_they_are():
    centres = np.array([[10.0, 10.0], [40.0, 10.0], [10.0, 21.0]])
    assert np.array_equal(apart(centres, np.full((3, 2), 10.0), LOW, HIGH), centres)


def test_two_give_way_by_the_shorter_way():
    found = apart(np.array([[10.0, 10.0], [12.0, 18.0]]), np.full((2, 2), 10.0), LOW, HIGH)
    assert np.allclose(found, [[10.0, 8.5], [12.0, 19.5]])
