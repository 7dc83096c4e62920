"""Parzen windows: a density of a model's samples, which needs nothing of the model but them."""

import math
from collections.abc import Sequence
from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.errors import UserError

BLOCK = 500
WIDTHS = tuple(10 ** (-2 + i / 8) for i in range(17))
"""Bandwidths σ that are tried, 0.01 to 1."""


@final
class Parzen(NamedTuple):
    """log p̂(x) of each example in nats, (N,), and the bandwidth that validation chose."""

    log_density: Tensor
    bandwidth: float


@torch.no_grad()
def parzen_log_density(x: Tensor, samples: Tensor, bandwidth: float) -> Tensor:
    """Return log 1/M Σᵢ N(x; sᵢ, σ² I), (N,) in float64, a block of both at a time.

    Arguments:
        x: examples, (N, *event).
        samples: s, (M, *event).
        bandwidth: σ.
    """
    return _densities(x, samples, [bandwidth])[0]


@torch.no_grad()
def parzen(
    x: Tensor, validation: Tensor, samples: Tensor, widths: Sequence[float] = WIDTHS
) -> Parzen:
    """Return log p̂ of examples with the bandwidth that is best for others.

    It favours samples near every example over those that are like examples, and its bias grows
    with the dimension: figures of one number of samples alone compare with one another.

    Arguments:
        x: examples to judge by, (N, *event).
        validation: examples to choose the bandwidth by.
        samples: (M, *event).
        widths: bandwidths to choose from.

    Raises:
        UserError: where the best one is the first or the last, and so perhaps not the best.

    References:
        Parzen: On estimation of a probability density function and mode. 1962.
        https://doi.org/10.1214/aoms/1177704472
        Theis, van den Oord, Bethge: A note on the evaluation of generative models. 2016.
        https://arxiv.org/abs/1511.01844
    """
    scores = _densities(validation, samples, widths).mean(1)
    best = int(scores.argmax())
    if best in (0, len(widths) - 1) and len(widths) > 1:
        raise UserError(
            f"--measure parzen: the best bandwidth for the validation examples is"
            f" {widths[best]:g}, the end of {widths[0]:g} ... {widths[-1]:g}, so it may lie beyond:"
            " use data that are scaled to about 1, or more examples with -n"
        )
    return Parzen(parzen_log_density(x, samples, widths[best]), widths[best])


def _densities(x: Tensor, samples: Tensor, widths: Sequence[float]) -> Tensor:
    """Return log densities for each bandwidth, (K, N)."""
    x, samples = x.flatten(1), samples.flatten(1)
    sigma = torch.tensor(widths, dtype=torch.float64)[:, None, None]
    parts: list[Tensor] = []
    for part in x.split(BLOCK):
        total = torch.full((len(widths), len(part)), -math.inf, dtype=torch.float64)
        for centres in samples.split(BLOCK):
            squares = torch.cdist(part.double(), centres.double()).square()
            total = torch.logaddexp(total, (-squares / (2 * sigma**2)).logsumexp(2))
        parts.append(total)
    constant = x.shape[1] * (sigma[:, :, 0].log() + 0.5 * math.log(2 * math.pi))
    return torch.cat(parts, 1) - math.log(len(samples)) - constant
