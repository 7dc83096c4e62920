"""The evidence log p(x) by importance sampling."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.errors import UserError

ROWS = 1_000
"""Decodes at a time on a processor, whose caches hold about so many."""
VALUES = 1 << 24
"""Values of x at a time on other devices, which small pieces leave idle: 67 MB in float32."""


def rows_at_a_time(x: Tensor) -> int:
    """Return how many decodes of examples such as x (B, *event) are to be held at a time."""
    return ROWS if x.device.type == "cpu" else max(ROWS, VALUES // x[0].numel())


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
    for start in range(0, samples, at_once):
        z = q.sample((min(at_once, samples - start),))
        log_w = decode(z).log_prob(x) + prior.log_prob(z) - q.log_prob(z)
        total = torch.logaddexp(total, log_w.logsumexp(0))
    return total - math.log(samples)
