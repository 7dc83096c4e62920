"""The evidence log p(x) by importance sampling."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.errors import UserError

ROWS = 1_000
"""Decodes at a time, of which the caches of a processor hold about so many."""
MOST, VALUES = 20_000, 1 << 24
"""Decodes, and their values, at a time on a GPU, which small pieces leave idle."""


def rows_at_a_time(x: Tensor) -> int:
    """Return how many decodes of examples such as x (B, *event) are to be held at a time."""
    if x.device.type != "cuda":
        return ROWS
    return min(max(ROWS, VALUES // x[0].numel()), MOST)


@torch.no_grad()
def log_evidence(
    encode: Callable[[Tensor], Distribution],
    decode: Callable[[Tensor], Distribution],
    prior: Distribution,
    x: Tensor,
    samples: int,
    rows: int | None = None,
) -> Tensor:
    """Return log 1/K Σₖ p(x|zₖ) p(zₖ) / q(zₖ|x) with zₖ ~ q(z|x), (B,), K = `samples`.

    Its mean is a lower bound on log p(x) that rises with K. Memory is bounded: at most about
    `rows` decodes are held at a time, whatever K; None: as many as suit the device.

    Raises:
        UserError: where K is below 1.

    References:
        Burda, Grosse, Salakhutdinov: Importance weighted autoencoders. 2016.
        https://arxiv.org/abs/1509.00519
    """
    if samples < 1:
        raise UserError(f"samples={samples}: log p(x) needs at least 1")
    q = encode(x)
    at_once = max(1, (rows or rows_at_a_time(x)) // len(x))
    total = torch.full((len(x),), -math.inf, device=x.device)
    done = 0
    while done < samples:
        z = q.sample((min(at_once, samples - done),))
        try:
            log_w = decode(z).log_prob(x) + prior.log_prob(z) - q.log_prob(z)
        except torch.OutOfMemoryError:  # a decoder may hold far more than x
            if len(z) == 1:
                raise
            at_once = len(z) // 2
            continue
        total = torch.logaddexp(total, log_w.logsumexp(0))
        done += len(z)
    return total - math.log(samples)
