"""Trustworthiness and continuity, against scikit-learn and against their definition."""

import pytest
import torch
from sklearn import manifold
from torch import Tensor

from aetrain.errors import UserError
from aetrain.evaluation.manifold import neighbourhoods
from aetrain.evaluation.manifold.neighbourhoods import continuity, trustworthiness


def points(n: int = 60) -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(0)
    x = torch.randn(n, 5, generator=source, dtype=torch.float64)
    return x, x[:, :2] + 0.3 * torch.randn(n, 2, generator=source, dtype=torch.float64)


def by_definition(x: Tensor, placed: Tensor, k: int) -> float:
    """Sum over all pairs, with the ranks of a sort."""
    n, excess = len(x), 0
    for i in range(n):
        others = [j for j in range(n) if j != i]
        in_x = sorted(others, key=lambda j: float((x[i] - x[j]).norm()))
        there = sorted(others, key=lambda j: float((placed[i] - placed[j]).norm()))
        excess += sum(there.index(j) + 1 - k for j in in_x[:k] if there.index(j) + 1 > k)
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * excess


@pytest.mark.parametrize("k", [1, 5, 12])
@pytest.mark.parametrize("rows", [7, 500])
def test_against_the_definition(k: int, rows: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(neighbourhoods, "ROWS", rows)
    x, placed = points()
    assert continuity(x, placed, k) == pytest.approx(by_definition(x, placed, k), abs=1e-12)
    assert trustworthiness(x, placed, k) == pytest.approx(by_definition(placed, x, k), abs=1e-12)
    oracle = manifold.trustworthiness(x.numpy(), placed.numpy(), n_neighbors=k)
    assert trustworthiness(x, placed, k) == pytest.approx(oracle, abs=1e-12)


def test_a_torn_ring_is_trustworthy_but_not_continuous():
    angle = torch.linspace(0, 2 * torch.pi, 101, dtype=torch.float64)[:-1]
    ring = torch.stack([angle.cos(), angle.sin()], 1)
    line = angle[:, None]
    assert trustworthiness(ring, line, 5) == pytest.approx(1.0, abs=2e-3)
    assert continuity(ring, line, 5) < trustworthiness(ring, line, 5)
    assert continuity(ring, 3 * ring + 1, 4) == 1.0  # two on each side


def test_too_few_points():
    x, placed = points(10)
    with pytest.raises(UserError, match="neighbours=5: must be below half of the 10 points"):
        continuity(x, placed, 5)
