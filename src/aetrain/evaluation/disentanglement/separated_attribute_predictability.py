"""Separated attribute predictability."""

import numpy as np
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate, halves, over_repetitions


def separated_attribute_predictability(
    codes: Tensor,
    factors: Tensor,
    *,
    examples: int = 5000,
    repetitions: int = 3,
    seed: int = 0,
) -> Estimate:
    """Return the mean over factors of S(z₁, v) − S(z₂, v), with its error over repetitions.

    S(z_d, v) is how well thresholds on the one dimension d tell the K values of v: the accuracy,
    averaged over the values, on other examples. z₁ and z₂ are the dimensions that do so best. All
    factors are taken for categories; the thresholds, K − 1 of them, are those of a decision tree.
    A dimension that says nothing has S = 1/K, so the greatest possible figure is mean_f 1 − 1/K_f.

    Arguments:
        codes: (N, D).
        factors: whole numbers from 0, (N, F).
        examples: most examples to set the thresholds with, and to test on.
        repetitions: how many times, with examples of their own.
        seed: of the choice of examples.

    References:
        Kumar, Sattigeri, Balakrishnan: Variational inference of disentangled latent concepts from
        unlabeled observations. 2018. https://arxiv.org/abs/1711.00848
    """
    x, v = codes.double().cpu().numpy(), factors.cpu().numpy()
    figures = []
    for train, test in halves(len(x), most=examples, repetitions=repetitions, seed=seed):
        scores = _scores(x, v, train.numpy(), test.numpy())
        best = np.sort(np.vstack([scores, _chance(v)]), 0)  # chance: of a code of one dimension
        figures.append(float((best[-1] - best[-2]).mean()))
    return over_repetitions(figures)


def _chance(v: np.ndarray) -> np.ndarray:
    return np.array([1 / len(np.unique(factor)) for factor in v.T])


def _scores(x: np.ndarray, v: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return the balanced accuracy of each dimension for each factor, (D, F)."""
    from sklearn.tree import DecisionTreeClassifier  # takes a second to import

    scores = np.empty((x.shape[1], v.shape[1]))
    for d, f in np.ndindex(*scores.shape):
        values = len(np.unique(v[train, f]))
        tree = DecisionTreeClassifier(
            max_leaf_nodes=max(2, values), class_weight="balanced", random_state=0
        )
        tree.fit(x[train, d : d + 1], v[train, f])
        right = tree.predict(x[test, d : d + 1]) == v[test, f]
        scores[d, f] = np.mean([right[v[test, f] == k].mean() for k in np.unique(v[test, f])])
    return scores
