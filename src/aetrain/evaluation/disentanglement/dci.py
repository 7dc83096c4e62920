"""Disentanglement, completeness and informativeness."""

from typing import Any

import numpy as np
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate, halves, over_repetitions

TREES = 20
LEAF = 0.004
"""Least part of the examples in a leaf: trees that grow further only sort noise."""


def dci(
    codes: Tensor,
    factors: Tensor,
    *,
    examples: int = 5000,
    repetitions: int = 3,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Return disentanglement, completeness and informativeness, each from 0 to 1.

    A random forest predicts each factor v_f from the whole code; R_df is the importance of
    dimension d in it (mean decrease of the Gini impurity). Trees may choose among all dimensions
    at each split, so that one that says nothing gets no importance.

    - disentanglement: Σ_d ρ_d (1 − H_F(R_d·)), entropy to base F of the row that is normalised to
      sum 1; ρ_d is the row's part of all importance.
    - completeness: mean_f (1 − H_D(R_·f)), entropy to base D of the normalised column.
    - informativeness: mean accuracy of the predictions on other examples.

    The errors are over repetitions, each with training and test examples of its own.

    Arguments:
        codes: (N, D).
        factors: whole numbers from 0, (N, F).
        examples: most examples to train on, and to test on.
        repetitions: how many times.
        seed: of the choice of examples and of the forests.

    References:
        Eastwood, Williams: A framework for the quantitative evaluation of disentangled
        representations. 2018. https://openreview.net/forum?id=By-7dz-AZ
    """
    x, v = codes.double().cpu().numpy(), factors.cpu().numpy()
    figures = []
    for number, (train, test) in enumerate(
        halves(len(x), most=examples, repetitions=repetitions, seed=seed)
    ):
        importance, accuracy = _forests(x, v, train.numpy(), test.numpy(), seed + number)
        figures.append((disentanglement(importance), completeness(importance), accuracy))
    names = ("disentanglement", "completeness", "informativeness")
    return {name: over_repetitions(each) for name, each in zip(names, zip(*figures), strict=True)}


def disentanglement(importance: np.ndarray) -> float:
    """Return Σ_d ρ_d (1 − H_F(R_d·)) of importances R (D, F); 0 where there are none."""
    total = importance.sum()
    if total <= 0:
        return 0.0
    return float((importance.sum(1) / total) @ _certainty(importance))


def completeness(importance: np.ndarray) -> float:
    """Return mean_f (1 − H_D(R_·f)) of importances R (D, F)."""
    return float(_certainty(importance.T).mean())


def _certainty(weights: np.ndarray) -> np.ndarray:
    """Return 1 − entropy, to the base of the number of columns, of each row's shares; 0 of none."""
    total = weights.sum(1, keepdims=True)
    shares = weights / np.where(total > 0, total, 1)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    base = np.log(weights.shape[1]) if weights.shape[1] > 1 else 1.0
    return np.where(total[:, 0] > 0, 1 + (shares * logs).sum(1) / base, 0.0)


def _forests(
    x: np.ndarray, v: np.ndarray, train: np.ndarray, test: np.ndarray, seed: int
) -> tuple[np.ndarray, float]:
    """Return importances (D, F) and the mean accuracy over factors."""
    from sklearn.ensemble import RandomForestClassifier  # takes a second to import

    importances, accuracies = [], []
    for factor in v.T:
        settings: Any = {"max_features": None, "min_samples_leaf": LEAF, "random_state": seed}
        forest = RandomForestClassifier(TREES, **settings)
        forest.fit(x[train], factor[train])
        importances.append(forest.feature_importances_)
        accuracies.append((forest.predict(x[test]) == factor[test]).mean())
    return np.stack(importances, 1), float(np.mean(accuracies))
