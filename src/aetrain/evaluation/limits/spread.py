"""Where codes lie and how far they spread, beside N(0, I)."""

import torch
from torch import Tensor

from aetrain.evaluation.discrepancy import discrepancy
from aetrain.evaluation.disentanglement.estimate import Estimate, bootstrap, over_repetitions

BLOCKS = 10
"""Parts that an MMD is the mean of."""


def moments(z: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean (D,) and the covariance (D, D), over N − 1, of codes z (N, D), in float64."""
    z = z.double()
    return z.mean(0), torch.atleast_2d(torch.cov(z.T))


def kl_to_standard(mean: Tensor, covariance: Tensor) -> Tensor:
    """Return KL(N(μ, Σ) ‖ N(0, I)) = ½ (tr Σ + |μ|² − D − ln |Σ|), in nats, ().

    Arguments:
        mean: μ, (D,).
        covariance: Σ, (D, D); for a singular one the divergence is infinite.
    """
    size = covariance.trace() + mean.square().sum() - len(mean)
    return 0.5 * (size - log_determinant(covariance))


def log_determinant(covariance: Tensor) -> Tensor:
    """Return ln |Σ|, (), of a covariance (D, D); −∞ where it is singular up to rounding."""
    values = torch.linalg.eigvalsh(covariance)
    least = values.max().clamp_min(0) * len(values) * torch.finfo(values.dtype).eps
    return torch.where(values > least, values, 0).log().sum()


def is_flat(z: Tensor) -> bool:
    """Return whether codes (N, D) span fewer than D dimensions, so that their volume is 0."""
    return bool(log_determinant(moments(z)[1]).isneginf())


def log_scale(covariance: Tensor) -> Tensor:
    """Return √(mean_d (½ ln λ_d)²), (), λ_d the eigenvalues of Σ (D, D).

    How far, in the logarithm, standard deviations along the principal axes are from 1: 0 for I,
    |ln s| for s² I.
    """
    values = torch.linalg.eigvalsh(covariance).clamp_min(0)
    return (0.5 * values.log()).square().mean().sqrt()


def centring_and_spread(z: Tensor, prior: Tensor, *, seed: int) -> dict[str, Estimate]:
    """Return four distances of codes from N(0, I), each 0 for codes that are drawn from it.

    - `centre`: |μ|, in standard deviations of the prior.
    - `log_scale`: see there; no unit.
    - `gaussian_kl`: KL(N(μ, Σ) ‖ N(0, I)) of the Gaussian with the codes' moments, nats.
    - `mmd`: MMD² to draws of the prior, see `discrepancy`; the mean of ten parts.

    Errors of the first three are from 50 bootstrap resamples of the codes, that of the last from
    the ten parts, which share nothing.

    Arguments:
        z: codes (N, D), N at least 20, in any order that is none of theirs.
        prior: as many draws of N(0, I).
        seed: of the resamples.

    References:
        Efron, Tibshirani: An introduction to the bootstrap. 1993.
        Gretton, Borgwardt, Rasch, Schölkopf, Smola: A kernel two-sample test. 2012.
        https://jmlr.org/papers/v13/gretton12a.html
    """
    z, prior = z.double(), prior.double()
    n = len(z)
    parts = zip(z.chunk(BLOCKS), prior.chunk(BLOCKS), strict=True)
    return {
        "centre": bootstrap(lambda rows: moments(z[rows])[0].norm(), n, seed=seed),
        "log_scale": bootstrap(lambda rows: log_scale(moments(z[rows])[1]), n, seed=seed),
        "gaussian_kl": bootstrap(lambda rows: kl_to_standard(*moments(z[rows])), n, seed=seed),
        "mmd": over_repetitions([discrepancy(a, b)[0].item() for a, b in parts]),
    }
