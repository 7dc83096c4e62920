"""Precision, recall, density and coverage by brute force, and by their known expectations."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from aetrain.errors import UserError
from aetrain.evaluation.samples import neighbours
from aetrain.evaluation.samples.manifolds import expected_coverage, manifolds
from aetrain.evaluation.samples.neighbours import nearest, radii

G = torch.Generator().manual_seed(0)


def normal(n: int, d: int, shift: float = 0.0) -> torch.Tensor:
    return shift + torch.randn(n, d, generator=G, dtype=torch.float64)


@pytest.mark.parametrize("cells", [1, 250, 10**7])
@pytest.mark.parametrize("k", [1, 3])
def test_brute_force(cells: int, k: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(neighbours, "CELLS", cells)
    data, samples = normal(40, 3), normal(30, 3, 0.5)

    def distance(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.sqrt(((x - y) ** 2).sum()))

    def ball(x: np.ndarray, own: np.ndarray) -> float:
        return sorted(distance(x, other) for other in own)[k]  # the first is x itself

    a, b = data.numpy(), samples.numpy()
    r_a, r_b = [ball(x, a) for x in a], [ball(y, b) for y in b]
    inside = [[distance(x, y) <= r for x, r in zip(a, r_a)] for y in b]
    reached = [[distance(x, y) <= r for y, r in zip(b, r_b)] for x in a]
    found = manifolds(data, samples, k)
    assert found.precision.value == np.mean([any(row) for row in inside])
    assert found.recall.value == np.mean([any(row) for row in reached])
    assert found.density.value == pytest.approx(np.sum(inside) / (k * len(b)))
    assert found.coverage.value == np.mean(np.any(inside, 0))


def test_samples_of_the_same_distribution():
    """Density is 1 and coverage that of lemma 2 of the paper, in the mean."""
    found = [manifolds(normal(100, 2), normal(60, 2)) for _ in range(60)]
    for values, wanted in (
        ([f.density.value for f in found], 1.0),
        ([f.coverage.value for f in found], expected_coverage(100, 60)),
    ):
        mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))
        assert abs(mean - wanted) < 4 * error


def test_far_away_and_dropped_modes():
    data = torch.cat([normal(200, 2), normal(200, 2, 50.0)])
    far = manifolds(data, normal(100, 2, -90.0))
    assert (far.precision.value, far.coverage.value, far.density.value) == (0, 0, 0)
    one = manifolds(data, normal(400, 2))
    assert one.precision.value > 0.9
    assert one.coverage.value < 0.55
    assert one.recall.value < 0.55


def test_neighbours_are_scikit_learns():
    data, points = normal(300, 5), normal(40, 5)
    wanted, _ = NearestNeighbors(n_neighbors=5).fit(data).kneighbors(data)
    torch.testing.assert_close(radii(data, 4), torch.from_numpy(wanted[:, 4]))
    distance, row = NearestNeighbors(n_neighbors=1).fit(data).kneighbors(points)
    found = nearest(points.float(), data.float().split(70))
    assert torch.equal(found.row, torch.from_numpy(row[:, 0]))
    torch.testing.assert_close(found.distance, torch.from_numpy(distance[:, 0]), rtol=1e-5, atol=0)


def test_a_copy_is_at_no_distance():
    data = 100 + torch.rand(50, 30, generator=G)
    found = nearest(data[7:8].clone(), data.split(11))
    assert found.distance.item() == 0
    assert found.row.item() == 7


def test_too_few():
    with pytest.raises(UserError, match="5 examples, 30 samples: must be more than 5 of both"):
        manifolds(torch.zeros(5, 2), torch.zeros(30, 2))
