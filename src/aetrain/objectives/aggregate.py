"""Estimates of the aggregate posterior q(z) = 1/N Σₙ q(z|xₙ) from a batch of M examples.

Each gives log weights wᵢⱼ, (M, M), for log q(zᵢ) ≈ log Σⱼ wᵢⱼ q(zᵢ|xⱼ), where zᵢ was drawn from
q(z|xᵢ) and the batch at random from N examples.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Estimator = Callable[[int, Tensor], Tensor]
"""(M, N) -> log w, (M, M). N is a scalar of the type and on the device of the codes."""


def minibatch_weighted(batch: int, examples: Tensor) -> Tensor:
    """Return log 1/(N M) for all pairs.

    The sum is about N times too small, as though the batch were one example of each kind: log q(z)
    and each log q(zⱼ) are off by a constant near −log N, so mutual information and total
    correlation are as well, in the log but not in the gradient.

    References:
        Chen, Li, Grosse, Duvenaud: Isolating sources of disentanglement in VAEs, section 4.1.
        2018. https://arxiv.org/abs/1802.04942
    """
    return -(examples * batch).log().expand(batch, batch)


def stratified(batch: int, examples: Tensor) -> Tensor:
    """Return log 1/N for i = j and log (N − 1) / (N (M − 1)) else.

    An example's own q(z|xᵢ) is one of the N for certain; the others stand for the N − 1 that are
    left, all alike. So Σⱼ wᵢⱼ q(zᵢ|xⱼ) is unbiased for q(zᵢ), and exact for a batch of all
    examples. The paper gives one of the others a weight of its own, which is unbiased too, with
    more noise; its published code gives that weight twice in one row and not at all in another.

    References:
        Chen, Li, Grosse, Duvenaud: Isolating sources of disentanglement in VAEs, appendix C.
        2018. https://arxiv.org/abs/1802.04942
    """
    if batch == 1:  # nobody stands for the others
        return torch.zeros_like(examples).expand(1, 1)
    others = ((examples - 1) / (examples * (batch - 1))).log()
    weights = others.expand(batch, batch).clone()
    weights.diagonal().copy_(-examples.log().expand(batch))
    return weights
