"""Nearest neighbours, block by block, against scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from aetrain.evaluation.search import METRICS, precision, search

BITS = {"hamming": 12.0}
"""What scikit-learn divides by: its Hamming distance is a share of 12 bits."""


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("size", [7, 50, 1000])
def test_the_neighbours_are_scikit_learns(metric: str, size: int) -> None:
    torch.manual_seed(0)
    points, queries = torch.rand(300, 12), torch.rand(20, 12)
    found = search(queries, points.split(size), 9, METRICS[metric])
    bits = metric in BITS
    a, b = ((x > 0.5 if bits else x).double().numpy() for x in (points, queries))
    oracle = NearestNeighbors(n_neighbors=9, metric=metric, algorithm="brute").fit(a)
    distance, row = oracle.kneighbors(b)
    assert np.allclose(found.distance.numpy(), distance * BITS.get(metric, 1), atol=1e-12)
    if not bits:  # many are equally near
        assert np.array_equal(found.row.numpy(), row)


def test_of_equal_ones_the_first_and_a_copy_is_at_no_distance() -> None:
    points = torch.tensor([[3.0, 1e-9], [1.0, 1.0], [3.0, 1e-9], [3.0, 1e-9]])
    found = search(points[:1], points.split(2), 3)
    assert found.row.tolist() == [[0, 2, 3]]
    assert found.distance.tolist() == [[0, 0, 0]]


def test_what_is_left_out_is_not_found() -> None:
    points = torch.rand(30, 2)
    own = torch.arange(30)
    found = search(points, points.split(8), 29, left_out=torch.where(own == 4, -1, own))
    for q, row in enumerate(found.row.tolist()):
        assert (q in row) == (q == 4)
    neighbours = NearestNeighbors(n_neighbors=30).fit(points.numpy())
    assert found.row[0].tolist() == neighbours.kneighbors(points[:1].numpy())[1][0, 1:].tolist()


def test_nothing_points_anywhere() -> None:
    found = search(torch.zeros(1, 3), [torch.eye(3)], 1, METRICS["cosine"])
    assert found.distance.item() == 1


def test_precision_counts_what_has_a_label() -> None:
    found = torch.tensor([[1, 1, 2], [1, -1, 2], [-1, -1, -1], [0, 0, 0]])
    shares = precision(found, torch.tensor([1, 2, 0, -1]))
    assert shares.tolist() == [2 / 3, 1 / 2]
