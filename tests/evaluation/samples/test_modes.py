"""Classes of samples against scipy's relative entropy and enumerations."""

import itertools

import numpy as np
import pytest
import torch
from scipy.stats import binom, entropy
from torch import Tensor

from aetrain.evaluation.samples.modes import modes


def repeated(counts: list[int]) -> Tensor:
    """Return a set of classes with so many of each, in an order that is none of theirs."""
    rows = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    return rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(1))]


@pytest.mark.parametrize(
    ("samples", "data", "found", "of"),
    [
        ([10, 10, 10], [5, 5, 5], 3, 3),
        ([28, 1, 1], [5, 5, 5], 3, 3),  # 1 in 30 is a tenth of 1 in 3
        ([29, 1, 1], [5, 5, 5], 1, 3),
        ([30, 0, 0], [5, 5, 5], 1, 3),
        ([10, 0, 20], [9, 0, 1], 2, 2),  # a class that the data have not is none to be found
    ],
)
def test_which_classes_are_found(samples: list[int], data: list[int], found: int, of: int) -> None:
    answer = modes(repeated(samples), repeated(data), 3)
    assert (answer.found.value, answer.of) == (found, of)


@pytest.mark.parametrize("seed", range(3))
def test_divergence_is_scipys_relative_entropy(seed: int) -> None:
    source = np.random.default_rng(seed)
    samples, data = source.integers(0, 40, 10), source.integers(1, 40, 10)
    samples[3] = 0
    answer = modes(repeated(samples.tolist()), repeated(data.tolist()), 10)
    wanted = entropy(samples / samples.sum(), data / data.sum())
    assert answer.divergence.value == pytest.approx(float(wanted), rel=1e-12)


def test_equal_shares_do_not_diverge() -> None:
    answer = modes(repeated([4, 8, 12]), repeated([1, 2, 3]), 3)
    assert answer.divergence.value == pytest.approx(0, abs=1e-12)


def test_a_class_that_the_data_have_not_is_infinitely_far() -> None:
    assert modes(repeated([4, 8, 1]), repeated([1, 2, 0]), 3).divergence.value == float("inf")


def test_error_of_the_divergence_by_enumeration_of_two_classes() -> None:
    m, n, p, q = 4000, 1500, 0.3, 0.5
    answer = modes(
        repeated([round(m * p), m - round(m * p)]), repeated([round(n * q), n - round(n * q)]), 2
    )
    a, b = np.arange(1, m) / m, np.arange(1, n) / n
    chance = binom.pmf(np.arange(1, m), m, p)[:, None] * binom.pmf(np.arange(1, n), n, q)
    a, b = a[:, None], b[None]
    divergence = a * np.log(a / b) + (1 - a) * np.log((1 - a) / (1 - b))
    mean = (chance * divergence).sum()
    spread = np.sqrt((chance * (divergence - mean) ** 2).sum())
    assert answer.divergence.error == pytest.approx(spread, rel=0.01)


def test_error_of_the_number_by_enumeration_of_resamples() -> None:
    """Of four samples all 4^4 resamples: a class is found where one of them is of it."""
    samples, data = torch.tensor([0, 0, 1, 2]), torch.tensor([0, 1, 2])
    numbers = [len({*way}) for way in itertools.product(samples.tolist(), repeat=4)]
    answer = modes(samples, data, 3)
    assert answer.found.value == 3
    assert answer.found.error == pytest.approx(float(np.std(numbers)), rel=0.15)
