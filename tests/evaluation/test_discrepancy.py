"""The discrepancy of two sets of draws."""

import pytest
import torch

from aetrain.evaluation.discrepancy import discrepancy


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_by_enumeration() -> None:
    x, y = torch.randn(5, 2, 3).double(), 3 * torch.randn(5, 2, 3).double()
    spread = y.flatten(1).var(0).mean()

    def kernel(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        u = (a - b).square().sum() / spread / (2 * 6)
        scales = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
        return torch.stack([s / (s + u) for s in scales]).sum()

    pairs = [(i, j) for i in range(5) for j in range(5)]
    within = sum(kernel(x[i], x[j]) + kernel(y[i], y[j]) for i, j in pairs if i != j) / 20
    expected = within - 2 * sum(kernel(x[i], y[j]) for i, j in pairs) / 25
    torch.testing.assert_close(discrepancy(x, y), expected.expand(5))


def test_it_is_zero_in_the_mean_and_has_no_unit() -> None:
    same = torch.stack([discrepancy(torch.randn(50, 2), torch.randn(50, 2))[0] for _ in range(200)])
    assert same.mean().abs() < 4 * same.std() / 200**0.5
    x, y = torch.randn(200, 2), torch.randn(200, 2) + 1
    torch.testing.assert_close(discrepancy(9 * x, 9 * y), discrepancy(x, y))
    assert discrepancy(x, y)[0] > 10 * same.std()
    further = discrepancy(x, y + 20)[0]
    assert discrepancy(x, y)[0] < further < 14


def test_there_is_none_of_one_point() -> None:
    assert discrepancy(torch.zeros(1, 3), torch.ones(1, 3)).tolist() == [0]
    assert discrepancy(torch.ones(3, 2), torch.zeros(3, 2)).isfinite().all()
