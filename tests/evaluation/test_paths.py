"""Ways between codes: where they lie, and that they are even."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from aetrain.distributions.poincare_ball import distance, point
from aetrain.distributions.von_mises_fisher import VonMisesFisher
from aetrain.distributions.wrapped_normal import WrappedNormal
from aetrain.evaluation.paths import path

T = torch.linspace(0, 1, 5, dtype=torch.float64)


def test_a_straight_line():
    a, b = torch.zeros(2, 3).double(), torch.ones(2, 3).double()
    q = Normal(a, 1.0)
    assert torch.equal(path(q, a, b, T), T.view(-1, 1, 1).expand(5, 2, 3))


def test_a_great_circle():
    a, b = torch.eye(3, dtype=torch.float64)[:2]
    q = VonMisesFisher(a[None], torch.ones(1, 1).double())
    found = path(q, a, b, T)
    angle = T * math.pi / 2
    assert torch.allclose(found, torch.stack([angle.cos(), angle.sin(), 0 * T], 1))
    assert torch.allclose(path(q, a, a, T), a.expand(5, 3))


@pytest.mark.parametrize("c", [0.5, 1.0])
def test_a_geodesic_of_the_ball_has_even_steps(c: float):
    a, b = Tensor([0.5, 0.1]).double(), Tensor([-0.3, 0.6]).double()
    q = WrappedNormal(a[None], torch.ones(1, 2).double(), c)
    found = path(q, a, b, T)
    assert torch.allclose(found[[0, -1]], torch.stack([a, b]))
    steps = distance(point(found[:-1], c), point(found[1:], c), c)
    whole = distance(point(a, c), point(b, c), c)
    assert torch.allclose(steps, whole.expand(4) / 4)
