"""Learned numbers between 0 and 1."""

import math

from torch import Tensor
from torch.nn.functional import logsigmoid

from aetrain.families import full_precision, soft_bound

BOUND = 10.0


def log_between(raw: Tensor) -> Tensor:
    """Return log σ(r), r being the raw number bounded softly to ±10."""
    return logsigmoid(soft_bound(full_precision(raw), BOUND))


def raw_between(value: float) -> float:
    """Return the raw number that stands for one above 0 and below 1; near the ends the nearest."""
    logit = math.log(value) - math.log1p(-value)
    logit = max(-0.99 * BOUND, min(0.99 * BOUND, logit))
    return logit * BOUND / (BOUND - abs(logit))
