"""What a family or prior must agree with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from aetrain.values import Values

Array = np.ndarray[Any, Any]


def _no_scales(family: Any, gradient: Tensor) -> Tensor:
    return gradient[..., :0]


@dataclass(frozen=True)
class Oracle:
    """What a family must agree with.

    Arguments:
        log_prob: (family, raw, x) -> log density, still one number for each value of the event;
            None for a family without a density. A prior's raw is None.
        values: where it is normalised, if that is not the whole support.
        log_scales: (family, gradient of raw) -> the gradients of log scales, which must never be 0.
    """

    log_prob: Callable[[Any, Any, Array], Array] | None
    values: Values | None = None
    log_scales: Callable[[Any, Tensor], Tensor] = _no_scales


def soft(raw: Any, bound: float) -> Any:
    """Return the scale that a raw, softly bounded log scale stands for."""
    return np.exp(bound * raw / (bound + np.abs(raw)))


def halves(family: Any, raw: Array) -> Any:
    """Return the two parameters of raw (..., 2, *event)."""
    return np.moveaxis(raw, -len(family.event) - 1, 0)
