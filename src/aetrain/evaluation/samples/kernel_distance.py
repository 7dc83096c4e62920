"""The kernel distance between two sets of features."""

import math

import torch
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate

BLOCK = 1000
"""Most features of each set in a block."""


def polynomial(a: Tensor, b: Tensor) -> Tensor:
    """Return k(a, b) = (a·b / F + 1)³ of all pairs, (N, M), for a (N, F) and b (M, F)."""
    return (a @ b.T / a.shape[1] + 1) ** 3


def squared_mmd(a: Tensor, b: Tensor) -> Tensor:
    """Return the unbiased estimate of MMD² between a (N, F) and b (M, F); it may be below 0.

    mean_{i≠j} k(aᵢ, aⱼ) + mean_{i≠j} k(bᵢ, bⱼ) − 2 mean_{ij} k(aᵢ, bⱼ).

    References:
        Gretton, Borgwardt, Rasch, Schölkopf, Smola: A kernel two-sample test. 2012.
        https://jmlr.org/papers/v13/gretton12a.html
    """
    within = [_mean_of_pairs(polynomial(x, x)) for x in (a, b)]
    return within[0] + within[1] - 2 * polynomial(a, b).mean()


def kernel_distance(a: Tensor, b: Tensor) -> Estimate:
    """Return the mean of MMD² over blocks of both sets that share nothing, and its error.

    Each block is unbiased, so that sets of any size compare; the error is that of a mean of
    independent blocks, at least ten where there are twenty examples. No unit: k is of features as
    they are.

    Arguments:
        a: features of one set, (N, F), in any order that is none of theirs.
        b: features of the other, (M, F).

    References:
        Bińkowski, Sutherland, Arbel, Gretton: Demystifying MMD GANs. 2018.
        https://arxiv.org/abs/1801.01401
        Zaremba, Gretton, Blaschko: B-tests: low variance kernel two-sample tests. 2013.
        https://arxiv.org/abs/1307.1954
    """
    n = min(len(a), len(b))
    blocks = max(1, min(n // 2, max(10, math.ceil(n / BLOCK))))
    pairs = zip(a.tensor_split(blocks), b.tensor_split(blocks), strict=True)
    found = torch.stack([squared_mmd(x.double(), y.double()) for x, y in pairs])
    error = found.std().item() / math.sqrt(blocks) if blocks > 1 else math.nan
    return Estimate(found.mean().item(), error)


def _mean_of_pairs(kernel: Tensor) -> Tensor:
    n = len(kernel)
    return (kernel.sum() - kernel.trace()) / (n * (n - 1))
