"""The Fréchet distance between two sets of features."""

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.evaluation.disentanglement.estimate import Estimate

MOST = 4096
"""Features of one example: a covariance holds the square of that."""
GROUPS = 10


def frechet_of_moments(mean_a: Tensor, cov_a: Tensor, mean_b: Tensor, cov_b: Tensor) -> float:
    """Return |μ_a − μ_b|² + tr(Σ_a + Σ_b − 2 (Σ_a^½ Σ_b Σ_a^½)^½), in units of the feature squared.

    It is the squared 2-Wasserstein distance between two normal distributions. The root is taken by
    eigenvalues of symmetric matrices, so that it stays real for singular covariances.

    References:
        Dowson, Landau: The Fréchet distance between multivariate normal distributions. 1982.
        https://doi.org/10.1016/0047-259X(82)90077-X
        Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter: GANs trained by a two time-scale update
        rule converge to a local Nash equilibrium. 2017. https://arxiv.org/abs/1706.08500
    """
    values, vectors = torch.linalg.eigh(cov_a)
    root = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    inner = torch.linalg.eigvalsh(root @ cov_b @ root).clamp_min(0).sqrt().sum()
    distance = (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * inner
    return max(0.0, distance.item())


def frechet(a: Tensor, b: Tensor) -> Estimate:
    """Return the distance between two sets of features (N, F), (M, F), and its standard error.

    For finite sets it is too large, by an amount that falls with N and M and depends on both
    distributions: only figures of equal numbers compare. The error is the jackknife's, with ten
    groups of examples left out in turn.

    Arguments:
        a: features of one set, N at least 20, in any order that is none of theirs.
        b: features of the other.

    Raises:
        UserError: for more than 4,096 features, or too few examples.
    """
    _require(a, b)
    parts = list(zip(_groups(len(a)), _groups(len(b)), strict=True))
    left_out = torch.tensor([_distance(_without(a, i), _without(b, j)) for i, j in parts])
    spread = (left_out - left_out.mean()).square().sum() * (GROUPS - 1) / GROUPS
    return Estimate(_distance(a, b), spread.sqrt().item())


def _distance(a: Tensor, b: Tensor) -> float:
    a, b = a.double(), b.double()
    cov_a, cov_b = (torch.atleast_2d(torch.cov(x.T)) for x in (a, b))
    return frechet_of_moments(a.mean(0), cov_a, b.mean(0), cov_b)


def _groups(n: int) -> list[Tensor]:
    rows = torch.arange(n)
    return [rows % GROUPS == group for group in range(GROUPS)]


def _without(x: Tensor, group: Tensor) -> Tensor:
    return x[~group]


def _require(a: Tensor, b: Tensor) -> None:
    if a.shape[1] > MOST:
        raise UserError(
            f"--measure samples: a Fréchet distance of {a.shape[1]} features needs their"
            f" covariance, and {MOST} is the most; use --features RUN"
        )
    if min(len(a), len(b)) < 2 * GROUPS:
        raise UserError(
            f"--measure samples: {len(a)} examples and {len(b)} samples: must be {2 * GROUPS} or"
            " more of both"
        )
