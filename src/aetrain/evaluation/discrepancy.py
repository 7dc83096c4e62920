"""How far a set of draws is from a set that it should be like."""

import torch
from torch import Tensor

from aetrain.objectives.kernels import imq
from aetrain.objectives.mmd import mmd


@torch.no_grad()
def discrepancy(draws: Tensor, reference: Tensor) -> Tensor:
    """Return an unbiased estimate of MMD² between two sets of as many points (N, *shape), as (N,).

    The kernels are inverse multiquadratics of seven scales, 0.1 to 10, times the reference's own
    spread: the mean variance of its values. So the figure has no unit: 0 for sets of one
    distribution, in the mean, and below 14. It is the block's, the same number for each of
    its points, so its mean over blocks is one over examples; single blocks may be below 0.

    References:
        Gretton, Borgwardt, Rasch, Schölkopf, Smola: A kernel two-sample test. 2012.
        https://jmlr.org/papers/v13/gretton12a.html
    """
    n = len(reference)
    if n < 2:
        return reference.new_zeros(n)
    a, b = draws.flatten(1), reference.flatten(1)
    spread = b.var(0).mean().sqrt().clamp_min(1e-6)
    return mmd((a / spread)[None], (b / spread)[None], imq).expand(n)
