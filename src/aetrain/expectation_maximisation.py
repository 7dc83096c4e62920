"""Gaussian mixtures of vectors in memory, by scikit-learn."""

import warnings
from typing import Literal

import torch
from torch import Tensor

SEEDS = 2**31 - 1


def expectation_maximisation(
    vectors: Tensor,
    components: int,
    covariance: Literal["diag", "full"],
    *,
    floor: float,
    starts: int = 1,
    iterations: int = 300,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return weights (K,), means (K, D) and covariances, float64 on the CPU.

    Each start is from a k-means of its own, the likeliest mixture is kept. Randomness comes from
    torch's generator.

    Arguments:
        vectors: (N, D), at least as many as components.
        components: K.
        covariance: `diag`, variances (K, D), or `full`, (K, D, D).
        floor: added to each variance, so that none becomes 0.
        starts: of the whole.
        iterations: in each start, at most.

    References:
        Dempster, Laird, Rubin: Maximum likelihood from incomplete data via the EM algorithm. 1977.
        https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
    """
    # half a second to import
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    fitted = GaussianMixture(
        components,
        covariance_type=covariance,
        n_init=starts,
        max_iter=iterations,
        reg_covar=floor,
        random_state=int(torch.randint(SEEDS, ())),
    )
    # k-means adds up its threads' sums in the order in which they end
    with threadpool_limits(1, user_api="openmp"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted.fit(vectors.cpu().double().numpy())
    found = (fitted.weights_, fitted.means_, fitted.covariances_)
    weights, loc, covariances = (torch.from_numpy(x) for x in found)
    return weights, loc, covariances
