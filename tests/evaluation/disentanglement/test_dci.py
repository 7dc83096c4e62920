"""Against scipy's entropy, and codes of which a forest can only use the right dimension."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from aetrain.evaluation.disentanglement.dci import completeness, dci, disentanglement
from tests.evaluation.disentanglement.codes import grid, noise, perfect


def test_a_permuted_identity_has_1() -> None:
    factors = grid(times=20)
    found = dci(perfect(factors), factors, repetitions=2)
    assert {name: figure.value for name, figure in found.items()} == pytest.approx(
        {"disentanglement": 1, "completeness": 1, "informativeness": 1}, abs=1e-12
    )
    assert all(figure.error == 0 for figure in found.values())


def test_importances_by_hand() -> None:
    importance = np.array([[0.7, 0.0], [0.1, 0.5], [0.2, 0.5], [0.0, 0.0]])
    rows = importance[:3] / importance[:3].sum(1, keepdims=True)
    weights = importance[:3].sum(1) / importance.sum()
    expected = sum(w * (1 - entropy(row, base=2)) for w, row in zip(weights, rows, strict=True))
    assert disentanglement(importance) == pytest.approx(expected, abs=1e-12)
    expected = np.mean([1 - entropy(column, base=4) for column in importance.T])
    assert completeness(importance) == pytest.approx(expected, abs=1e-12)


def test_importances_that_are_all_alike_have_0() -> None:
    assert disentanglement(np.ones((4, 3))) == pytest.approx(0, abs=1e-12)
    assert completeness(np.ones((4, 3))) == pytest.approx(0, abs=1e-12)


def test_no_importance_at_all() -> None:
    assert disentanglement(np.zeros((4, 3))) == completeness(np.zeros((4, 3))) == 0
    factors = grid(times=5)
    found = dci(torch.ones(len(factors), 2), factors, repetitions=1)
    assert found["disentanglement"].value == found["completeness"].value == 0


def test_noise_says_no_more_than_chance() -> None:
    """Accuracy about the mean of 1/K; 5 standard errors of 3 × 1,200 guesses."""
    factors = grid(4, 4, 4, times=40)
    accuracy = dci(noise(len(factors), 3), factors, repetitions=2)["informativeness"].value
    assert accuracy == pytest.approx(0.25, abs=5 * (0.25 * 0.75 / 3600) ** 0.5)


def test_a_factor_in_two_dimensions_is_not_complete() -> None:
    """It takes both bits to tell four values of one factor, with D = 3 dimensions.

    The bit at the root of a tree takes away a third of the impurity, the other one the rest; by
    chance each is at some of the roots, so the shares lie between (1/3, 2/3) and (1/2, 1/2).
    """
    factors = grid(4, times=200)
    code = torch.cat([factors // 2, factors % 2, 0 * factors], 1)
    found = dci(code, factors, repetitions=1)
    least, most = (1 - entropy([a, 1 - a]) / np.log(3) for a in (1 / 2, 1 / 3))
    assert least - 1e-9 <= found["completeness"].value <= most + 1e-9
    assert found["informativeness"].value == 1
