"""Draws of a distribution that may be one for each condition."""

from torch import Tensor
from torch.distributions import Distribution


def draws(p: Distribution, n: int) -> Tensor:
    """Return n draws, (n, *event), of a p without a batch shape or with (n,), one of each."""
    return p.sample() if p.batch_shape else p.sample((n,))
