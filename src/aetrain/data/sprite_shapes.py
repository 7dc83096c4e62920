"""The shapes of sprites: which points of the plane are inside."""

import math
from collections.abc import Callable

from torch import Tensor

Shape = Callable[[Tensor, Tensor], Tensor]
"""(across, down), both (...), in the sprite's own axes -> True where the point is inside.

Each shape lies within the unit circle and touches it.
"""


def square(u: Tensor, v: Tensor) -> Tensor:
    """Return max(|u|, |v|) ≤ 1/√2: alike after a quarter turn."""
    half = math.sqrt(0.5)
    return (u.abs() <= half) & (v.abs() <= half)


def ellipse(u: Tensor, v: Tensor) -> Tensor:
    """Return u² + (2v)² ≤ 1: alike after half a turn."""
    return u * u + 4 * v * v <= 1


def heart(u: Tensor, v: Tensor) -> Tensor:
    """Return (a² + b² − 1)³ ≤ a² b³ for (a, b) = (1.25 u, 0.25 − 1.25 v): alike after a whole turn.

    The point is down. The curve's smallest circle is that about (0, 0.25) of radius 1.25.
    """
    a, b = (1.25 * u).square(), 0.25 - 1.25 * v
    return (a + b * b - 1) ** 3 <= a * b**3


SHAPES: dict[str, Shape] = {"square": square, "ellipse": ellipse, "heart": heart}
