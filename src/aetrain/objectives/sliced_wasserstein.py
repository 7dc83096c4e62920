"""The sliced Wasserstein autoencoder."""

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.objectives.inference import Inference
from aetrain.objectives.mmd import draws_like
from aetrain.objectives.terms import Terms, sample_mean


def sliced_wasserstein(inference: Inference, *, projections: int = 50) -> Terms:
    """Return `distortion` (B,) and `sliced_wasserstein` between codes and draws of the prior, ().

    No density of q or of the prior is asked for, so it serves point codes too, and priors that can
    only be sampled. Of several processes each takes its part of the batch.

    Arguments:
        inference: one pass.
        projections: random directions, drawn anew for each batch.

    Raises:
        UserError: where there is not one direction.

    References:
        Kolouri, Pope, Martin, Rohde: Sliced-Wasserstein autoencoder. 2018.
        https://arxiv.org/abs/1804.01947
    """
    if projections < 1:
        raise UserError(f"objective.projections={projections}: must be at least 1, such as 50")
    x, _, z, p, prior = inference
    return {
        "distortion": sample_mean(-p.log_prob(x)),
        "sliced_wasserstein": distance(*draws_like(z, prior), projections),
    }


def distance(a: Tensor, b: Tensor, projections: int) -> Tensor:
    """Return the mean of W₂² over random directions, (), of two sets of N points, (S, N, D) each.

    On a line it is the mean of (a₍ᵢ₎ − b₍ᵢ₎)² over both sets in order.
    """
    directions = torch.randn(projections, a.shape[2], dtype=a.dtype, device=a.device)
    directions = directions / directions.norm(dim=1, keepdim=True)
    with torch.autocast(a.device.type, enabled=False):
        lines = directions @ torch.stack([a, b]).mT
    first, second = lines.sort(-1).values
    return (first - second).square().mean()
