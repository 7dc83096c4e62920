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

    Each start is from a k-means of its own. Of several the mixture is kept whose completed
    likelihood, E[log p(z)] − E[H(p(k|z))], is greatest: among about equally likely ones that whose
    parts lie most apart. Randomness comes from torch's generator.

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
        Biernacki, Celeux, Govaert: Assessing a mixture model for clustering with the integrated
        completed likelihood. 2000. https://doi.org/10.1109/34.865189
    """
    # half a second to import
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    z = vectors.cpu().double().numpy()
    best, fitted = float("-inf"), None
    # k-means adds up its threads' sums in the order in which they end
    with threadpool_limits(1, user_api="openmp"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for seed in torch.randint(SEEDS, (starts,)).tolist():
            mixture = GaussianMixture(
                components,
                covariance_type=covariance,
                max_iter=iterations,
                reg_covar=floor,
                random_state=seed,
            ).fit(z)
            shares = torch.from_numpy(mixture.predict_proba(z))
            completed = mixture.score(z) - torch.special.entr(shares).sum(1).mean().item()
            if fitted is None or completed > best:
                best, fitted = completed, mixture
    assert fitted is not None
    found = (fitted.weights_, fitted.means_, fitted.covariances_)
    weights, loc, covariances = (torch.from_numpy(x) for x in found)
    return weights, loc, covariances
