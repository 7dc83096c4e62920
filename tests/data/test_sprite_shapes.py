"""Shapes against their known areas and symmetries."""

import math

import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import brentq
from torch import Tensor

from aetrain.data.sprite_shapes import SHAPES

STEP = 1 / 1000
LINE = torch.arange(-1.2, 1.2, STEP, dtype=torch.float64) + STEP / 2
TURNS = {"square": 4, "ellipse": 2, "heart": 1}


def heart_area() -> float:
    """Return ∫ ½ r(t)² dt of (r² − 1)³ = r⁵ cos² t sin³ t, whose lengths are 1.25 times ours."""

    def half_square(t: float) -> float:
        bend = math.cos(t) ** 2 * math.sin(t) ** 3
        return 0.5 * brentq(lambda r: (r * r - 1) ** 3 - bend * r**5, 0.5, 2) ** 2

    return sum(quad(half_square, t, t + math.pi)[0] for t in (-math.pi, 0.0)) / 1.25**2


AREAS = {"square": 2.0, "ellipse": math.pi / 2, "heart": heart_area()}


def plane() -> tuple[Tensor, Tensor]:
    down, across = torch.meshgrid(LINE, LINE, indexing="ij")
    return across, down


@pytest.mark.parametrize("name", SHAPES)
def test_area(name: str) -> None:
    inside = SHAPES[name](*plane())
    # within the length of the edge times the width of a cell
    assert inside.sum().item() * STEP**2 == pytest.approx(AREAS[name], abs=2 * math.pi * STEP)


@pytest.mark.parametrize("name", SHAPES)
def test_the_unit_circle_is_the_smallest_around_it(name: str) -> None:
    across, down = plane()
    inside = SHAPES[name](across, down)
    assert torch.hypot(across, down)[inside].max().item() == pytest.approx(1, abs=2 * STEP)


@pytest.mark.parametrize("name", SHAPES)
def test_after_which_turns_it_looks_alike(name: str) -> None:
    across, down = plane()
    inside = SHAPES[name](across, down)
    alike = {4: 0.0}
    for quarters in (1, 2, 3):
        turned = torch.rot90(inside, quarters)
        alike[quarters] = (turned != inside).double().mean().item()
    for quarters, share in alike.items():
        assert (share < 1e-3) == (quarters * TURNS[name] % 4 == 0), quarters


def test_the_point_of_the_heart_is_down() -> None:
    tip = torch.tensor([0.0, 0.0], dtype=torch.float64), torch.tensor([0.99, -0.99]).double()
    assert SHAPES["heart"](*tip).tolist() == [True, False]
