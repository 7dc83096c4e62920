"""Increasing functions of one variable, which flows are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from zuko.transforms import MonotonicAffineTransform, MonotonicRQSTransform

from aetrain.families import full_precision

LEAST_SCALE = 1e-2
"""One affine step stretches and shrinks at most a hundredfold: log scales are bounded softly."""

LEAST_SLOPE = 1e-3
"""Of splines, at their knots."""


@dataclass(frozen=True)
class Monotone:
    """A kind of increasing function, which is the identity where its raw parameters are 0.

    Arguments:
        size: how many raw parameters it has.
        made: raw parameters (..., size) -> the functions (...,), as zuko's transforms.
    """

    size: int
    made: Callable[[Tensor], Any]

    def forward(self, raw: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return f(x) and log f'(x), both (...,), for raw (..., size) and x (...,)."""
        return self.made(full_precision(raw)).call_and_ladj(x)

    def inverse(self, raw: Tensor, y: Tensor) -> Tensor:
        """Return the x (...,) with f(x) = y, for raw (..., size) and y (...,)."""
        return self.made(full_precision(raw)).inv(y)


def affine() -> Monotone:
    """Return x -> exp(a) x + b."""

    def made(raw: Tensor) -> MonotonicAffineTransform:
        return MonotonicAffineTransform(*raw.unbind(-1), slope=LEAST_SCALE)

    return Monotone(2, made)


def spline(bins: int, bound: float) -> Monotone:
    """Return the monotone rational-quadratic spline on [−bound, bound], the identity elsewhere."""

    def made(raw: Tensor) -> MonotonicRQSTransform:
        parts = raw.split([bins, bins, bins - 1], -1)
        return MonotonicRQSTransform(*parts, bound=bound, slope=LEAST_SLOPE)

    return Monotone(3 * bins - 1, made)
