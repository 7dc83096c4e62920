"""How evenly classes share the space of codes."""

from collections.abc import Sequence

import torch
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate, bootstrap
from aetrain.evaluation.limits.spread import is_flat, log_determinant, moments

LEAST = 2
"""Examples of a class, over the dimensions of a code, below which it has no volume."""

MOST_NAMED = 3
"""Classes that a reason names."""


def log_volumes(z: Tensor, y: Tensor, classes: int) -> Tensor:
    """Return ½ ln |Σ_k| of each class's codes, (K,), NaN for a class of 2 D examples or fewer.

    It is the logarithm of the volume of the ellipsoid of one standard deviation, but for a
    constant that is the same for all classes. nats.

    Arguments:
        z: codes (N, D).
        y: their classes (N,).
        classes: K.
    """
    found = torch.full((classes,), torch.nan, dtype=torch.float64)
    for k in range(classes):
        own = z[y == k]
        if len(own) > LEAST * z.shape[1]:
            found[k] = 0.5 * log_determinant(moments(own)[1])
    return found


def volume_variance(z: Tensor, y: Tensor, classes: int, *, seed: int) -> Estimate:
    """Return the variance over classes of `log_volumes`, nats²: 0 where all are of one volume.

    The error is from 50 bootstrap resamples of examples, within each class. NaN where a class has
    too few examples, or codes that lie in fewer dimensions than there are.
    """
    order = y.argsort(stable=True)
    z, y = z[order], y[order]
    sizes = y.bincount(minlength=classes)
    starts = (sizes.cumsum(0) - sizes)[y]

    def variance(rows: Tensor) -> Tensor:
        return log_volumes(z[rows], y[rows], classes).var(unbiased=False)

    draws = torch.Generator().manual_seed(seed)
    resampled = []
    for _ in range(50):
        shares = torch.rand(len(y), generator=draws, dtype=torch.float64)
        resampled.append(variance(starts + (shares * sizes[y]).long()))
    return Estimate(variance(torch.arange(len(y))).item(), torch.stack(resampled).std().item())


def no_volume(z: Tensor, y: Tensor, classes: Sequence[str]) -> str:
    """Return in words why some class has no `log_volumes`, "" where each has one.

    Arguments:
        z: codes (N, D).
        y: their classes (N,).
        classes: names.
    """
    least = LEAST * z.shape[1]
    sizes = y.bincount(minlength=len(classes)).tolist()
    if few := [f"{name} ({n})" for name, n in zip(classes, sizes) if n <= least]:
        return f"too few examples of class {_listed(few)}: more than {least} are needed"
    if flat := [name for k, name in enumerate(classes) if is_flat(z[y == k])]:
        return f"codes of class {_listed(flat)} span fewer than {z.shape[1]} dimensions"
    return ""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def shares(found: Tensor, classes: int) -> Tensor:
    """Return which share of N points each class has, (K,) float64, for their classes (N,)."""
    return found.bincount(minlength=classes).double() / len(found)


def area_unevenness(found: Tensor, classes: int, *, seed: int) -> Estimate:
    """Return the squared coefficient of variation of the classes' areas, K Σ_k a_k² − 1.

    a_k is the share of the mass of a distribution of codes whose decodes are of class k, as a
    classifier says: 0 for areas of one size, K − 1 where one class has all. No unit. The error is
    from 50 bootstrap resamples of the draws.

    Arguments:
        found: the class of the decode of each draw, (N,).
        classes: K.
        seed: of the resamples.
    """

    def unevenness(rows: Tensor) -> Tensor:
        return classes * shares(found[rows], classes).square().sum() - 1

    return bootstrap(unevenness, len(found), seed=seed)
