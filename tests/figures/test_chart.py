"""The plane of a standard normal in each space of codes."""

import math

import torch

from aetrain.distributions.centred_wrapped_normal import CentredWrappedNormal
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.von_mises_fisher import VonMisesFisher
from aetrain.distributions.wrapped_normal import WrappedNormal
from aetrain.figures.chart import chart
from aetrain.figures.grid import grid_codes

ZERO = torch.zeros(3, 2)


def test_a_plane_is_its_own_chart() -> None:
    place, names, rim = chart(DiagonalNormal(ZERO, ZERO, 1))
    assert place is not None
    codes = grid_codes(4)
    assert place(codes) is codes
    assert (names, rim) == (("z₀", "z₁"), None)


def test_in_hyperbolic_space_the_grid_is_at_equal_steps_of_the_prior() -> None:
    """The chart takes normal points where the prior's own draws come from."""
    c = 0.5
    place, _, rim = chart(WrappedNormal(ZERO, ZERO, c))
    assert place is not None
    assert rim == 1 / math.sqrt(c)
    torch.manual_seed(1)
    u = torch.randn(9, 2)
    torch.manual_seed(1)
    drawn = CentredWrappedNormal(torch.zeros(2), 1.0, c).sample((9,))
    torch.testing.assert_close(place(u), drawn)
    assert (place(1e4 * u).norm(dim=-1) < rim).all()


def test_a_circle_has_no_plane() -> None:
    place, _, rim = chart(VonMisesFisher(torch.eye(2), torch.ones(2)))
    assert place is None
    assert rim == 1
