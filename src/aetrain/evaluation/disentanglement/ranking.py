"""Unsupervised disentanglement ranking: how far the codes of several runs agree."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate, bootstrap

STRENGTH = 0.1
"""Weight α of the lasso's penalty, that of the published figures."""

Similarity = Callable[[Tensor, Tensor], Tensor]
"""Codes (N, A) and (N, B) of the same examples -> how alike any two dimensions are, (A, B), ≥ 0."""


@final
class Coded(NamedTuple):
    """What a run makes of examples that all runs are given.

    Attributes:
        codes: posterior means, (N, D).
        informative: dimensions that are used, (D,) of flags.
    """

    codes: Tensor
    informative: Tensor


def spearman(a: Tensor, b: Tensor) -> Tensor:
    """Return |ρ|, Spearman's rank correlation of all pairs of dimensions; 0 for a constant one."""
    from scipy.stats import rankdata

    left, right = (
        _standard(torch.from_numpy(rankdata(x.double().numpy(), axis=0))) for x in (a, b)
    )
    return (left.T @ right).abs() / len(a)


def lasso(a: Tensor, b: Tensor) -> Tensor:
    """Return |W| of b ≈ a W, which minimises 1/2N |b_j − a w_j|² + α |w_j|₁ for each j, α = 0.1.

    Codes are standardised first, so a dimension that is one of the others comes with 1 − α.

    References:
        Tibshirani: Regression shrinkage and selection via the lasso. 1996.
        https://doi.org/10.1111/j.2517-6161.1996.tb02080.x
    """
    from sklearn.linear_model import Lasso  # takes a second to import

    x, y = (_standard(codes.double()).numpy() for codes in (a, b))
    weights = Lasso(alpha=STRENGTH).fit(x, y).coef_
    return torch.from_numpy(np.abs(weights).reshape(y.shape[1], x.shape[1]).T.copy())


def agreement(similarity: Tensor) -> float:
    """Return how nearly each dimension has one counterpart, and no more, in the other code.

    ½ [mean_b max_a R_ab² / Σ_a R_ab + mean_a max_b R_ab² / Σ_b R_ab], between 0 and 1 where R is.

    Arguments:
        similarity: R, (A, B), of informative dimensions; where there is none, nothing agrees: 0.
    """
    if not similarity.numel():
        return 0.0
    r = similarity.double()
    sides = [r.amax(d) ** 2 / r.sum(d).clamp_min(1e-300) for d in (0, 1)]
    return sum(side.mean().item() for side in sides) / 2


def ranking(runs: Sequence[Coded], similarity: Similarity) -> list[Estimate]:
    """Return for each run the median of its agreement with each of the others, and its error.

    Codes that are a model's own way to divide the data differ from seed to seed; codes that are
    factors of the data come again, but for their order, their signs and those left out. So of runs
    that differ in the seed alone the ones with a high figure are likely to be disentangled. The
    error is over resamples of the other runs, NaN where there is but one.

    Arguments:
        runs: two at least, with codes of the same N examples; those of one setting of the
            parameters, five or more in the paper.
        similarity: `lasso`, which predicts the run's own code from the other's, or `spearman`.

    References:
        Duan, Matthey, Saraiva, Watters, Burgess, Lerchner, Higgins: Unsupervised model selection
        for variational disentangled representation learning. 2020.
        https://arxiv.org/abs/1905.12614
    """
    own = [run.codes[:, run.informative] for run in runs]
    return [
        _median([_of_pair(other, mine, similarity) for j, other in enumerate(own) if j != i])
        for i, mine in enumerate(own)
    ]


def _of_pair(other: Tensor, mine: Tensor, similarity: Similarity) -> float:
    if not (other.shape[1] and mine.shape[1]):
        return 0.0
    return agreement(similarity(other, mine))


def _median(values: Sequence[float]) -> Estimate:
    found = torch.tensor(values, dtype=torch.float64)
    if len(found) == 1:
        return Estimate(values[0], float("nan"))
    return bootstrap(lambda rows: found[rows].quantile(0.5), len(found), resamples=200)


def _standard(x: Tensor) -> Tensor:
    """Return columns of mean 0 and variance 1; a constant one is 0."""
    centred = x - x.mean(0)
    spread = centred.square().mean(0).sqrt()
    return torch.where(spread > 0, centred / spread, torch.zeros_like(x))
