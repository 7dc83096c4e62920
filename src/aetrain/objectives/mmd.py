"""The maximum mean discrepancy between codes and draws of the prior."""

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.objectives.kernels import Kernel


def mmd(a: Tensor, b: Tensor, kernel: Kernel) -> Tensor:
    """Return an unbiased estimate of MMD², (), from two sets of as many points, (S, N, D) each.

    Σ_{i≠j} [k(aᵢ, aⱼ) + k(bᵢ, bⱼ)] / (N (N − 1)) − 2 Σᵢⱼ k(aᵢ, bⱼ) / N², the mean over S. It is 0
    in the mean where the sets have one distribution, so single values may be below 0. Of one point
    there are no pairs: 0.

    References:
        Gretton, Borgwardt, Rasch, Schölkopf, Smola: A kernel two-sample test. 2012.
        https://jmlr.org/papers/v13/gretton12a.html
    """
    n = a.shape[1]
    if n < 2:
        return a.new_zeros(())
    k = kernel(_squares(torch.cat([a, b], 1)) / (2 * a.shape[2]))
    own = k.diagonal(dim1=1, dim2=2).sum(1)
    within = k[:, :n, :n].sum((1, 2)) + k[:, n:, n:].sum((1, 2)) - own
    return (within / (n * (n - 1)) - k[:, :n, n:].sum((1, 2)) * (2 / n**2)).mean()


def _squares(points: Tensor) -> Tensor:
    """Return |xᵢ − xⱼ|², (S, N, N), for points (S, N, D)."""
    lengths = points.square().sum(-1)
    with torch.autocast(points.device.type, enabled=False):
        products = points @ points.mT
    return (lengths.unsqueeze(2) + lengths.unsqueeze(1) - 2 * products).clamp_min(0)


def draws_like(z: Tensor, prior: Distribution) -> tuple[Tensor, Tensor]:
    """Return codes z (S, B, *latent) and as many draws of the prior, both as (S, B, D).

    The draws have a gradient where the prior's own can be taken, so that a learned prior comes to
    meet the codes.
    """
    shape = z.shape[:2]
    y = prior.rsample(shape) if prior.has_rsample else prior.sample(shape)
    return z.flatten(2), y.flatten(2)
