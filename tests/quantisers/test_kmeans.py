"""Against scikit-learn."""

import warnings

import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from aetrain.quantisers.kmeans import kmeans


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def inertia(points: Tensor, centres: Tensor) -> float:
    return torch.cdist(points, centres).min(1).values.square().sum().item()


@pytest.mark.parametrize("clusters", [3, 20])
def test_as_good_as_scikit_learn(clusters: int) -> None:
    centres = 4 * torch.randn(12, 3, dtype=torch.float64)
    points = centres[torch.randint(12, (2000,))] + torch.randn(2000, 3, dtype=torch.float64)
    theirs = KMeans(clusters, n_init=10, random_state=0).fit(points.numpy())
    assert inertia(points, kmeans(points, clusters)) < 1.25 * theirs.inertia_


@pytest.mark.parametrize("rounds", [1, 4, 10])
def test_from_the_same_seeds_it_does_what_scikit_learn_does(rounds: int) -> None:
    points = torch.randn(800, 3, dtype=torch.float64)
    torch.manual_seed(1)
    seeds = kmeans(points, 15, rounds=0)
    torch.manual_seed(1)
    centres = kmeans(points, 15, rounds=rounds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = KMeans(15, init=seeds.numpy(), n_init=1, max_iter=rounds, tol=0).fit(points)
    torch.testing.assert_close(centres, torch.from_numpy(theirs.cluster_centers_))


def test_separate_clusters_are_found_exactly() -> None:
    centres = torch.tensor([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0], [100.0, 100.0]])
    which = torch.arange(200) % 4
    points = centres[which] + torch.randn(200, 2)
    found = kmeans(points, 4)
    means = torch.stack([points[which == k].mean(0) for k in range(4)])
    order = torch.cdist(means, found).argmin(1)
    torch.testing.assert_close(found[order], means)


def test_each_round_lowers_the_error() -> None:
    points, errors = torch.randn(500, 4), []
    for rounds in range(6):
        torch.manual_seed(1)
        errors.append(inertia(points, kmeans(points, 30, rounds)))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0]


def test_the_same_generator_gives_the_same_centres() -> None:
    points, found = torch.randn(300, 4), []
    for _ in range(2):
        torch.manual_seed(1)
        found.append(kmeans(points, 20))
    assert torch.equal(*found)


@pytest.mark.parametrize("number", [1, 3, 8])
def test_fewer_points_than_centres(number: int) -> None:
    points = torch.randn(3, 2)
    found = kmeans(points, number)
    assert found.shape == (number, 2)
    if number >= 3:
        assert inertia(points, found) < 1e-10
