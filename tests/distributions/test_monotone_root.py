"""Roots that are known, and their derivatives."""

import torch
from torch import Tensor

from aetrain.distributions.monotone_root import monotone_root


def test_many_roots_at_once() -> None:
    """x + s tanh(x) = y for x known, slopes down to 1e-4."""
    x = torch.linspace(-3, 3, 301, dtype=torch.float64)
    for s in (-0.9999, -0.5, 0.0, 10.0):
        y = x + s * x.tanh()

        def excess(step: Tensor, y: Tensor = y, s: float = s) -> tuple[Tensor, Tensor]:
            t = (y + step).tanh()
            return step + s * t, 1 + s * (1 - t * t)

        step = monotone_root(excess, torch.full_like(y, abs(s)))
        torch.testing.assert_close(y + step, x, rtol=0, atol=1e-9)


def test_the_derivative_is_the_implicit_one() -> None:
    y = torch.linspace(-7, 7, 11, dtype=torch.float64, requires_grad=True)

    def cube_root(y: Tensor) -> Tensor:
        return monotone_root(lambda x: (x**3 - y, 3 * x * x + 1e-12), torch.full_like(y, 2.0))

    inner = y[[0, 1, 3, 7, 10]].detach().requires_grad_()
    assert torch.autograd.gradcheck(cube_root, inner)
