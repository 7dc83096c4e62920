"""Points and the vectors of a set that they are nearest to."""

import torch
from torch import Tensor


@torch.no_grad()
def nearest(points: Tensor, vectors: Tensor) -> Tensor:
    """Return argminₖ ‖zₙ − eₖ‖², (N,), for points z (N, D) and vectors e (K, D); ties to the first.

    With m the mean of e and eₖ' = eₖ − m, what differs between the k is eₖ'·(eₖ' + 2 m) − 2 z·eₖ',
    which one product of matrices gives, without the digits that eₖ·eₖ − 2 z·eₖ would lose where
    the vectors lie far from 0 and near to one another.
    """
    centre = vectors.mean(0)
    around = vectors - centre
    with torch.autocast(points.device.type, enabled=False):  # a half has too few digits to compare
        own = (around * (around + 2 * centre)).sum(1)
        return torch.addmm(own, points, around.T, alpha=-2).argmin(1)


def totals(points: Tensor, indices: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Return how many points each of K vectors was given, (K,), and their sums, (K, D).

    Arguments:
        points: (N, D).
        indices: of the vectors, (N,).
        number: K.
    """
    counts = points.new_zeros(number).index_add_(0, indices, points.new_ones(len(points)))
    return counts, points.new_zeros(number, points.shape[1]).index_add_(0, indices, points)
