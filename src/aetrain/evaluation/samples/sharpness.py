"""How sharp images are."""

import math

import torch
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate


def laplacian_variance(x: Tensor) -> Tensor:
    """Return the variance over pixels and channels of the Laplacian of each image, (B,).

    The Laplacian is the sum of the four neighbours minus four times the pixel, where all four are
    within the image; in units of x squared.

    Arguments:
        x: images (B, C, H, W), H and W at least 3.

    References:
        Pech-Pacheco, Cristóbal, Chamorro-Martínez, Fernández-Valdivia: Diatom autofocusing in
        brightfield microscopy: a comparative study. 2000. https://doi.org/10.1109/ICPR.2000.903548
    """
    x = x.double()
    middle = x[..., 1:-1, 1:-1]
    rows = x[..., 2:, 1:-1] + x[..., :-2, 1:-1]
    columns = x[..., 1:-1, 2:] + x[..., 1:-1, :-2]
    return (rows + columns - 4 * middle).flatten(1).var(1, unbiased=False)


def has_sharpness(event: torch.Size) -> bool:
    """Return whether examples are images that are large enough."""
    return len(event) == 3 and min(event[1:]) >= 3


def relative_sharpness(samples: Tensor, data: Tensor) -> Estimate:
    """Return the mean Laplacian variance of samples over that of the data, and its error.

    1 is as sharp as the data, less is blurred, more is noisy. The error is that of a ratio of two
    independent means, to first order.

    Arguments:
        samples: Laplacian variances (M,).
        data: the same of examples, (N,).
    """
    a, b = samples.mean(), data.mean()
    if not b > 0:
        return Estimate(math.nan, math.nan)
    relative = samples.var() / (len(samples) * a**2) + data.var() / (len(data) * b**2)
    return Estimate((a / b).item(), ((a / b) * relative.sqrt()).item())
