import pytest
import torch

from aetrain.quantisers.assignment import nearest, totals


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize(("n", "k", "d"), [(200, 17, 5), (64, 2, 1), (1, 9, 3), (0, 4, 2)])
def test_nearest_is_what_brute_force_finds(n: int, k: int, d: int) -> None:
    points, vectors = (torch.randn(m, d, dtype=torch.float64) for m in (n, k))
    distances = torch.linalg.vector_norm(points.unsqueeze(1) - vectors, dim=2)
    assert torch.equal(nearest(points, vectors), distances.argmin(1))


def test_of_equal_vectors_the_first_is_taken() -> None:
    vectors = torch.tensor([[5.0], [1.0], [1.0]])
    assert nearest(torch.tensor([[1.2], [0.0], [9.0]]), vectors).tolist() == [1, 1, 0]


def test_half_precision_around_it_changes_nothing() -> None:
    """Vectors so near to each other that bfloat16 could not tell them apart."""
    vectors = 1 + 1e-4 * torch.randn(50, 8)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(nearest(vectors, vectors), torch.arange(50))


def test_totals() -> None:
    points, indices = torch.randn(30, 4, dtype=torch.float64), torch.randint(5, (30,))
    counts, sums = totals(points, indices, 6)
    for k in range(6):
        own = points[indices == k]
        assert counts[k] == len(own)
        torch.testing.assert_close(sums[k], own.sum(0))
