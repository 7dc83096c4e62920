"""Centres of clusters, with which a codebook begins."""

import torch
from torch import Tensor

from aetrain.quantisers.assignment import nearest, totals


@torch.no_grad()
def kmeans(points: Tensor, number: int, rounds: int = 10) -> Tensor:
    """Return K centres (K, D) of points (N, D) that lower Σₙ minₖ ‖zₙ − eₖ‖².

    Seeds far from one another, then rounds of Lloyd's: each centre moves to the mean of the points
    nearest to it. A centre with no point stays. Draws are from torch's generator.

    Arguments:
        points: (N, D), N at least 1; with N below K some centres are equal.
        number: K.
        rounds: of Lloyd's algorithm.

    References:
        Lloyd: Least squares quantization in PCM. IEEE Transactions on Information Theory 28, 1982.
        https://doi.org/10.1109/TIT.1982.1056489
        Arthur, Vassilvitskii: k-means++: the advantages of careful seeding. SODA 2007.
        https://dl.acm.org/doi/10.5555/1283383.1283494
    """
    centres = _seeds(points, number)
    for _ in range(rounds):
        counts, sums = totals(points, nearest(points, centres), number)
        moved = sums / counts.clamp_min(1).unsqueeze(1)
        centres = torch.where(counts.unsqueeze(1) > 0, moved, centres)
    return centres


def _seeds(points: Tensor, number: int) -> Tensor:
    """Return K of the points, each drawn with the square of its distance to those before."""
    chosen = points[torch.randint(len(points), (1,), device=points.device)]
    seeds, least = [chosen], torch.full_like(points[:, 0], torch.inf)
    tiny = torch.finfo(points.dtype).tiny
    for _ in range(number - 1):
        least = torch.minimum(least, (points - chosen).square().sum(1))
        # where every point is a seed already, all are as good
        chosen = points[torch.multinomial(least.clamp_min(tiny), 1)]
        seeds.append(chosen)
    return torch.cat(seeds)
