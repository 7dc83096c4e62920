"""The area under the ROC curve."""

import math

import torch
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate


def auroc(positive: Tensor, negative: Tensor) -> Estimate:
    """Return P(score of a positive > score of a negative) + ½ P(equal), and its standard error.

    0.5 is chance, 1 tells all apart, and below 0.5 the score says the opposite. The error is that
    of DeLong: with V the share of negatives below each positive and W the share of positives above
    each negative, its square is var V / m + var W / n.

    Arguments:
        positive: scores (m,).
        negative: scores (n,).

    References:
        DeLong, DeLong, Clarke-Pearson: Comparing the areas under two or more correlated receiver
        operating characteristic curves. 1988. https://doi.org/10.2307/2531595
    """
    a, b = positive.double(), negative.double()
    below, above = _share_below(a, b), 1 - _share_below(b, a)
    squares = _variance(below) / len(a) + _variance(above) / len(b)
    return Estimate(below.mean().item(), math.sqrt(squares))


def _share_below(a: Tensor, b: Tensor) -> Tensor:
    """Return for each a the share of b below it, those that are equal counted half."""
    ordered = b.sort().values
    less = torch.searchsorted(ordered, a, right=False)
    up_to = torch.searchsorted(ordered, a, right=True)
    return (less + up_to).double() / (2 * len(b))


def _variance(x: Tensor) -> float:
    return x.var().item() if len(x) > 1 else math.nan
