"""Explicitness: whether the code tells each value of each factor to a linear classifier."""

import numpy as np
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate, halves, over_repetitions


def explicitness(
    codes: Tensor,
    factors: Tensor,
    *,
    examples: int = 5000,
    repetitions: int = 3,
    seed: int = 0,
) -> Estimate:
    """Return the mean area under the ROC curve over the values of all factors.

    A logistic regression on the whole code, standardised, tells one value of one factor from the
    others; the area is that on other examples, ½ by chance and 1 at best. First the mean over the
    values of a factor is taken, then that over factors; the error is over repetitions.

    Arguments:
        codes: (N, D).
        factors: whole numbers from 0, (N, F).
        examples: most examples to train on, and to test on.
        repetitions: how many times, with examples of their own.
        seed: of the choice of examples.

    References:
        Ridgeway, Mozer: Learning deep disentangled embeddings with the F-statistic loss. 2018.
        https://arxiv.org/abs/1802.05312
    """
    x, v = codes.double().cpu().numpy(), factors.cpu().numpy()
    scale = x.std(0)
    x = (x - x.mean(0)) / np.where(scale > 0, scale, 1)
    return over_repetitions(
        [
            float(np.mean([_area(x, factor, train.numpy(), test.numpy()) for factor in v.T]))
            for train, test in halves(len(x), most=examples, repetitions=repetitions, seed=seed)
        ]
    )


def _area(x: np.ndarray, factor: np.ndarray, train: np.ndarray, test: np.ndarray) -> float:
    """Return the mean area over those values that are, and are not, in both sets of examples."""
    from sklearn.linear_model import LogisticRegression  # takes a second to import
    from sklearn.metrics import roc_auc_score

    areas = []
    for value in np.unique(factor):
        here, there = factor[train] == value, factor[test] == value
        if 0 < here.mean() < 1 and 0 < there.mean() < 1:
            classifier = LogisticRegression().fit(x[train], here)
            areas.append(roc_auc_score(there, classifier.decision_function(x[test])))
    return float(np.mean(areas)) if areas else 0.5
