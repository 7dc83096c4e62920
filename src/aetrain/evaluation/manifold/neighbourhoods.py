"""Whether points keep their neighbours when they are placed anew."""

import torch
from torch import Tensor

from aetrain.errors import UserError

ROWS = 500


def trustworthiness(x: Tensor, placed: Tensor, k: int) -> float:
    """Return 1 − c Σᵢ Σ_{j near i in `placed`, not in x} (r(i, j) − k), r the rank in x, in [0, 1].

    Lower where points that are strangers in x have become neighbours. c = 2 / (N k (2N − 3k − 1))
    makes 0 of the worst placement. The same number as scikit-learn's, in memory that grows with N
    rather than with N².

    Arguments:
        x: points (N, D).
        placed: the same points elsewhere, (N, E); nearness is Euclidean in both.
        k: size of a neighbourhood, below N / 2.

    Raises:
        UserError: where there are too few points for k.

    References:
        Venna, Kaski: Neighborhood preservation in nonlinear projection methods. 2001.
        https://doi.org/10.1007/3-540-44668-0_68
    """
    return _kept(placed, x, k)


def continuity(x: Tensor, placed: Tensor, k: int) -> float:
    """Return 1 − c Σᵢ Σ_{j near i in x, not in `placed`} (r̂(i, j) − k), r̂ the rank in `placed`.

    Lower where neighbours have been torn apart; arguments and c as of `trustworthiness`.
    """
    return _kept(x, placed, k)


def _kept(near: Tensor, far: Tensor, k: int) -> float:
    """Return 1 − c Σ (rank in `far` − k) of the k nearest in `near` whose rank in `far` is above k.

    Ranks count from 1; equal distances share the lowest.
    """
    n = len(near)
    if not 1 <= k < n / 2:
        raise UserError(f"neighbours={k}: must be below half of the {n} points; use more points")
    near, far = near.double().flatten(1), far.double().flatten(1)
    excess = 0.0
    for rows in torch.arange(n).split(ROWS):
        nearest = _distances(near, rows).topk(k, largest=False).indices
        distances = _distances(far, rows)
        wanted = distances.gather(1, nearest)
        ranks = torch.searchsorted(distances.sort(1).values, wanted) + 1
        excess += (ranks - k).clamp_min(0).sum().item()
    return 1 - 2 * excess / (n * k * (2 * n - 3 * k - 1))


def _distances(points: Tensor, rows: Tensor) -> Tensor:
    """Return the distances of some points to all, (B, N); infinite to themselves."""
    own = points[rows]
    squares = own.square().sum(1, keepdim=True) - 2 * own @ points.T + points.square().sum(1)
    squares[torch.arange(len(rows)), rows] = torch.inf
    return squares
