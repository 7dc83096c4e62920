"""Kernels by their formulas, and as kernels."""

import pytest
import torch

from aetrain.errors import UserError
from aetrain.objectives.kernels import Kernel, imq, rbf

KERNELS = [imq, rbf]


def test_formulas() -> None:
    u = torch.rand(7).double() * 5
    expected = sum(s / (s + u) for s in (0.5, 2.0))
    torch.testing.assert_close(imq(u, scales=[0.5, 2.0]), expected)
    expected = sum(torch.exp(-u / s) for s in (0.5, 2.0))
    torch.testing.assert_close(rbf(u, scales=[0.5, 2.0]), expected)


@pytest.mark.parametrize("kernel", KERNELS)
def test_matrices_are_positive_definite(kernel: Kernel) -> None:
    torch.manual_seed(0)
    points = torch.randn(30, 4).double()
    squares = (points[:, None] - points).square().sum(-1)
    assert torch.linalg.eigvalsh(kernel(squares / 8)).min() > 0


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("scales", [[], [1.0, 0.0]])
def test_scales_that_cannot_be(kernel: Kernel, scales: list[float]) -> None:
    with pytest.raises(UserError, match=r"objective\.kernel\.scales=\[.*must be numbers above 0"):
        kernel(torch.ones(1), scales=scales)
