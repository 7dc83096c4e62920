"""The kernel distance against sums by hand, scikit-learn's kernel and a closed form."""

import pytest
import torch
from sklearn.metrics.pairwise import polynomial_kernel

from aetrain.evaluation.samples.kernel_distance import kernel_distance, polynomial, squared_mmd

G = torch.Generator().manual_seed(0)


def normal(n: int, d: int, shift: float = 0.0) -> torch.Tensor:
    return shift + torch.randn(n, d, generator=G, dtype=torch.float64)


def test_scikit_learns_kernel():
    a, b = normal(5, 3), normal(4, 3)
    wanted = polynomial_kernel(a.numpy(), b.numpy(), degree=3, gamma=1 / 3, coef0=1)
    torch.testing.assert_close(polynomial(a, b), torch.from_numpy(wanted))


def test_pair_by_pair():
    a, b = normal(6, 3), normal(7, 3, 0.4)

    def k(x: torch.Tensor, y: torch.Tensor) -> float:
        return (x @ y / 3 + 1).item() ** 3

    def mean(pairs: list[float]) -> float:
        return sum(pairs) / len(pairs)

    own = [mean([k(x[i], x[j]) for i in range(len(x)) for j in range(len(x)) if i != j])
           for x in (a, b)]  # fmt: skip
    across = mean([k(x, y) for x in a for y in b])
    assert squared_mmd(a, b).item() == pytest.approx(sum(own) - 2 * across)


def test_unbiased_for_the_closed_form_in_one_dimension():
    """With k = (xy + 1)³, MMD² = Σⱼ (3 over j) (E xʲ − E yʲ)²; normals of mean 0 and 1."""
    wanted = 3 * 1 + 3 * (1 - 2) ** 2 + (0 - 4) ** 2
    found = kernel_distance(normal(40_000, 1), normal(40_000, 1, 1.0))
    assert abs(found.value - wanted) < 4 * found.error
    assert found.error < 0.1 * wanted
    same = kernel_distance(normal(20_000, 4), normal(20_000, 4))
    assert abs(same.value) < 4 * same.error


def test_few_and_uneven():
    found = kernel_distance(normal(25, 3), normal(300, 3, 3.0))
    assert 0 < found.error < found.value
