"""Gaussian mixtures of vectors in memory, by scikit-learn."""

import warnings
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SEEDS = 2**31 - 1
FINER = (1, 2, 3)
"""In turn, how many times the components starts begin with, before the most alike are joined."""

Array = NDArray[np.float64]


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

    The first start is from k-means of K; others also from those of 2 K and 3 K, whose components
    are joined, two at a time, until K are left. Of several starts the mixture is kept of the
    greatest classification likelihood, E[Σ_k p(k|z) log N(z; μ_k, Σ_k)]: among mixtures about as
    likely it is one whose parts are even and lie apart. Randomness comes from torch's generator.

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
        Celeux, Govaert: A classification EM algorithm for clustering and two stochastic versions.
        1992. https://doi.org/10.1016/0167-9473(92)90042-E
        Baudry, Raftery, Celeux, Lo, Gottardo: Combining mixture components for clustering. 2010.
        https://doi.org/10.1198/jcgs.2010.08111
    """
    # half a second to import
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    z = vectors.cpu().double().numpy()
    options: dict[str, Any] = {"covariance_type": covariance, "reg_covar": floor}
    options["max_iter"] = iterations
    best, kept = float("-inf"), None
    # k-means adds up its threads' sums in the order in which they end
    with threadpool_limits(1, user_api="openmp"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for start, seed in enumerate(torch.randint(SEEDS, (starts,)).tolist()):
            finer = FINER[start % len(FINER)]
            number = components * finer if len(z) >= components * finer else components
            found = GaussianMixture(number, random_state=seed, **options).fit(z)
            if number > components:
                shares = joined(found.predict_proba(z), components)
                begun = _moments(z, shares, floor, covariance)
                found = GaussianMixture(components, random_state=seed, **begun, **options).fit(z)
            likelihood = classification_likelihood(found, z)
            if kept is None or likelihood > best:
                best, kept = likelihood, found
    assert kept is not None
    weights, loc, covariances = (
        torch.from_numpy(x) for x in (kept.weights_, kept.means_, kept.covariances_)
    )
    return weights, loc, covariances


def classification_likelihood(mixture: Any, z: Array) -> float:
    """Return E[Σ_k p(k|z) log N(z; μ_k, Σ_k)] of a mixture of scikit-learn's, in nats."""
    shares = mixture.predict_proba(z)
    tiny = np.finfo(shares.dtype).tiny
    joint = np.log(np.maximum(shares, tiny)) + mixture.score_samples(z)[:, None]
    given = joint - np.log(np.maximum(mixture.weights_, tiny))
    return float((shares * given).sum(1).mean())


def joined(shares: Array, number: int) -> Array:
    """Return shares p(k|z), (N, `number`), of (N, K) parts, of which the most alike are joined.

    Two by two those whose union leaves least to guess: whose entropy falls most by it, over the
    root of the product of their sizes.
    """

    def information(p: Array) -> Array:
        return (p * np.log(np.maximum(p, np.finfo(p.dtype).tiny))).sum(0)

    while shares.shape[1] > number:
        own, size = information(shares), np.maximum(shares.sum(0), 1e-9)
        gains = np.full((len(own), len(own)), -np.inf)
        for k in range(1, len(own)):
            union = information(shares[:, k : k + 1] + shares[:, :k])
            gains[k, :k] = (union - own[k] - own[:k]) / np.sqrt(size[k] * size[:k])
        one, other = np.unravel_index(gains.argmax(), gains.shape)
        shares[:, other] += shares[:, one]
        shares = np.delete(shares, one, 1)
    return shares


def _moments(z: Array, shares: Array, floor: float, covariance: str) -> dict[str, Array]:
    """Return what a mixture begins with that has these shares: weights, means, precisions."""
    size = shares.sum(0)
    loc = shares.T @ z / size[:, None]
    if covariance == "diag":
        variance = shares.T @ z**2 / size[:, None] - loc**2 + floor
        precision = 1 / variance
    else:
        apart = [z - mean for mean in loc]
        squares = [(r[:, None] * a).T @ a for r, a in zip(shares.T, apart, strict=True)]
        covariances = np.stack(squares) / size[:, None, None] + floor * np.eye(z.shape[1])
        precision = np.linalg.inv(covariances)
    return {"weights_init": size / size.sum(), "means_init": loc, "precisions_init": precision}
