"""What a flow makes of its base and maps."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.flow import Flow, Transform
from aetrain.distributions.standard_normal import StandardNormal


class Affine(Transform):
    """z' = a z + c, which makes of a standard normal N(c, a²)."""

    def __init__(self, a: Tensor, c: Tensor) -> None:
        self.a, self.c, self.inverses = a, c, 0

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self.a * z + self.c, self.a.log().sum(-1)

    def inverse(self, z: Tensor) -> Tensor:
        self.inverses += 1
        return (z - self.c) / self.a


@pytest.fixture
def parts() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    a = torch.rand(3, 5, dtype=torch.float64) + 0.5
    return a.requires_grad_(), torch.randn(3, 5, dtype=torch.float64).requires_grad_()


def both(a: Tensor, c: Tensor) -> tuple[Flow, Distribution]:
    zero = torch.zeros_like(a)
    flow = Flow(StandardNormal(zero, 1), [Affine(a, zero), Affine(zero + 1, c)])
    return flow, DiagonalNormal(c, a.log(), 1)


def test_an_affine_flow_is_a_normal(parts: tuple[Tensor, Tensor]) -> None:
    q, normal = both(*parts)
    assert (q.batch_shape, q.event_shape) == ((3,), (5,))
    torch.testing.assert_close(q.mean, normal.mean)
    for z in (q.rsample((2, 4)), q.sample(), torch.randn(7, 3, 5).double()):
        torch.testing.assert_close(q.log_prob(z), normal.log_prob(z))


def test_only_the_last_draw_needs_no_inverse(parts: tuple[Tensor, Tensor]) -> None:
    q, _ = both(*parts)
    step = q.transforms[0]
    assert isinstance(step, Affine)
    first = q.rsample((2,))
    q.log_prob(first)
    assert step.inverses == 0
    second = q.rsample((2,))
    q.log_prob(second)
    assert step.inverses == 0
    again = q.log_prob(first)
    assert step.inverses == 1
    torch.testing.assert_close(again, both(*parts)[1].log_prob(first))


def test_gradients_are_those_of_the_normal(parts: tuple[Tensor, Tensor]) -> None:
    """Of the draw with its path, of the draw as a number, and of one made without a graph."""
    q, normal = both(*parts)
    z = q.rsample((2,))
    for value in (z, z.detach(), q.sample((2,))):
        ours = torch.autograd.grad(q.log_prob(value).sum(), parts, retain_graph=True)
        theirs = torch.autograd.grad(normal.log_prob(value).sum(), parts, retain_graph=True)
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b)


def test_draws_without_gradient(parts: tuple[Tensor, Tensor]) -> None:
    q, _ = both(*parts)
    z = q.sample((2,))
    assert not z.requires_grad
    assert q.log_prob(z).requires_grad
    with torch.no_grad():
        z = q.sample((10_000,))
        assert not q.log_prob(z).requires_grad
    error = 4.5 * z.std(0) / math.sqrt(10_000)
    assert ((z.mean(0) - q.mean).abs() < error).all()
