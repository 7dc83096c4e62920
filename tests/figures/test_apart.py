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


@pytest.mark.parametrize("spread", [0.0, 1.0, 20.0, 200.0])
def test_no_box_lies_on_another(spread: float):
    random = np.random.default_rng(0)
    centres, sizes = spread * random.normal(size=(15, 2)), random.uniform(8, 20, (15, 2))
    found = apart(centres, sizes)
    assert not overlaps(found, sizes)
    if spread:
        assert np.abs(found - centres).max() < 200


def test_boxes_that_are_apart_stay_where_they_are():
    centres = np.array([[0.0, 0.0], [30.0, 0.0], [0.0, 11.0]])
    assert np.array_equal(apart(centres, np.full((3, 2), 10.0)), centres)


def test_two_give_way_by_the_shorter_way():
    found = apart(np.array([[0.0, 0.0], [2.0, 8.0]]), np.full((2, 2), 10.0))
    assert np.allclose(found, [[0.0, -1.5], [2.0, 9.5]])
