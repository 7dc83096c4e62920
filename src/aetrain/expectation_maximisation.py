"""Gaussian mixtures of vectors in memory, by scikit-learn."""

import warnings
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SEEDS = 2**31 - 1
EPSILON = 10 * float(np.finfo(np.float64).eps)
"""Of an example, in each part, so that none is of nothing."""
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
    greatest classification likelihood, E[Σ_k p(k|z) log N(z; μ_k, Σ_k)]. At a fixed point it is
    E[log p(z)] + I(z; k): of mixtures about as likely it is greatest for one whose parts are even
    and lie apart. Randomness comes from torch's generator.

    Arguments:
        vectors: (N, D), at least as many as components.
        components: K.
        covariance: `diag`, variances (K, D), or `full`, (K, D, D).
        floor: added to each variance, so that none becomes 0.
        starts: of the whole.
        iterations: in each start, at most.

    Raises:
        ValueError: where a covariance is not positive to float64's digits.

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
    from threadpoolctl import threadpool_limits

    z = vectors.cpu().double().numpy()
    options = {"covariance_type": covariance, "reg_covar": floor, "max_iter": iterations}
    best, kept = float("-inf"), None
    # k-means adds up its threads' sums in the order in which they end
    with threadpool_limits(1, user_api="openmp"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for start, seed in enumerate(torch.randint(SEEDS, (starts,)).tolist()):
            number = components * FINER[start % len(FINER)]
            found = _start(z, components, number, {**options, "random_state": seed})
            likelihood = classification_likelihood(found, z) if starts > 1 else 0.0
            if kept is None or likelihood > best:
                best, kept = likelihood, found
    assert kept is not None
    result = kept.weights_, kept.means_, kept.covariances_
    return torch.from_numpy(result[0]), torch.from_numpy(result[1]), torch.from_numpy(result[2])


def _start(z: Array, components: int, number: int, options: dict[str, Any]) -> Any:
    """Return scikit-learn's mixture of z, from k-means of `number`, joined where they are more."""
    from sklearn.mixture import GaussianMixture

    if number == components or len(z) < number:
        return GaussianMixture(components, **options).fit(z)
    finer = GaussianMixture(number, **options).fit(z)
    shares = joined(finer.predict_proba(z), components)
    weights, loc, covariances = _moments(z, shares, options["reg_covar"])
    precisions = _precisions(covariances, options["covariance_type"])
    begun = {"weights_init": weights, "means_init": loc, "precisions_init": precisions}
    return GaussianMixture(components, **begun, **options).fit(z)


def classification_likelihood(mixture: Any, z: Array) -> float:
    """Return E[Σ_k p(k|z) log N(z; μ_k, Σ_k)] of a mixture of scikit-learn's, in nats."""
    shares = mixture.predict_proba(z)
    tiny = np.finfo(shares.dtype).tiny
    joint = np.log(np.maximum(shares, tiny)) + mixture.score_samples(z)[:, None]
    given = joint - np.log(np.maximum(mixture.weights_, tiny))
    return float((shares * given).sum(1).mean())


def joined(shares: Array, number: int) -> Array:
    """Return shares p(k|z), (N, `number`), of (N, K) parts, of which the most alike are joined.

    Two by two those j, k of the greatest [E(tⱼ + tₖ) − E(tⱼ) − E(tₖ)] / √(nⱼ nₖ), with
    E(t) = Σ_z t log t and n = Σ_z t of shares t: the criterion of Baudry and others, what entropy
    falls by, over what the two weigh.
    """
    shares = shares.copy()
    gains = np.full((shares.shape[1],) * 2, -np.inf)
    for k in range(1, len(gains)):
        gains[k, :k] = _gain(shares[:, k], shares[:, :k])
    while len(gains) > number:
        one, other = np.unravel_index(gains.argmax(), gains.shape)  # other < one
        shares[:, other] += shares[:, one]
        shares = np.delete(shares, one, 1)
        gains = np.delete(np.delete(gains, one, 0), one, 1)
        gains[other, :other] = _gain(shares[:, other], shares[:, :other])
        gains[other + 1 :, other] = _gain(shares[:, other], shares[:, other + 1 :])
    return shares


def _gain(one: Array, others: Array) -> Array:
    """Return the criterion of `joined` for a part (N,) and each of others (N, K)."""
    union = _information(one[:, None] + others)
    size = np.sqrt((one.sum() + EPSILON) * (others.sum(0) + EPSILON))
    return (union - _information(one) - _information(others)) / size


def _information(shares: Array) -> Array:
    return (shares * np.log(np.maximum(shares, np.finfo(shares.dtype).tiny))).sum(0)


def _moments(z: Array, shares: Array, floor: float) -> tuple[Array, Array, Array]:
    """Return weights (K,), means (K, D) and covariances (K, D, D) of parts with these shares."""
    size = shares.sum(0) + EPSILON
    loc = shares.T @ z / size[:, None]
    apart = [z - mean for mean in loc]
    squares = [(r[:, None] * a).T @ a for r, a in zip(shares.T, apart, strict=True)]
    covariances = np.stack(squares) / size[:, None, None] + floor * np.eye(z.shape[1])
    return size / size.sum(), loc, covariances


def _precisions(covariances: Array, covariance: Literal["diag", "full"]) -> Array:
    """Return their inverses, (K, D, D), or those of their diagonals, (K, D)."""
    if covariance == "diag":
        return 1 / np.diagonal(covariances, axis1=1, axis2=2)
    inverse = np.linalg.inv(np.linalg.cholesky(covariances))
    return inverse.transpose(0, 2, 1) @ inverse  # symmetric to the last digit, as it has to be
