"""Entropy and information against scipy's and scikit-learn's."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy as scipy_entropy
from sklearn.metrics import mutual_info_score

from aetrain.evaluation.disentanglement.information import binned, entropy, mutual_information
from tests.evaluation.disentanglement.codes import grid, noise


def test_bins_are_those_of_numpys_histogram() -> None:
    codes = noise(500, 3) * torch.tensor([1.0, 10.0, 0.01])
    found = binned(codes, 7)
    assert found.amin(0).tolist() == [0, 0, 0]
    assert found.amax(0).tolist() == [6, 6, 6]
    for column, bins in zip(codes.unbind(1), found.unbind(1)):
        expected = np.histogram(column.numpy(), 7)[0]
        assert torch.bincount(bins, minlength=7).tolist() == expected.tolist()


def test_a_constant_is_in_one_bin() -> None:
    assert binned(torch.full((5, 1), 3.0)).unique().tolist() == [0]


def test_information_is_that_of_scikit_learn() -> None:
    draws = torch.Generator().manual_seed(0)
    b = torch.randint(0, 5, (400, 2), generator=draws)
    a = torch.stack([b[:, 0] + torch.randint(0, 2, (400,), generator=draws), b[:, 1] // 2], 1)
    found = mutual_information(a, b)
    assert found.dtype == torch.float64
    expected = [[mutual_info_score(x, y) for y in b.T.numpy()] for x in a.T.numpy()]
    assert found.numpy() == pytest.approx(np.array(expected), abs=1e-12)


def test_entropy_is_that_of_scipy() -> None:
    labels = torch.tensor([[0, 1], [0, 2], [3, 1], [3, 2], [3, 2]])
    expected = [scipy_entropy([2, 3]), scipy_entropy([2, 3])]
    assert entropy(labels).tolist() == pytest.approx(expected, abs=1e-12)


def test_independent_columns_of_a_grid_share_nothing() -> None:
    factors = grid(3, 4)
    found = mutual_information(factors, factors)
    expected = torch.diag(torch.tensor([3.0, 4.0], dtype=torch.float64).log())
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
