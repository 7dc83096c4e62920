import math

import pytest
import torch

from aetrain.evaluation.disentanglement.estimate import (
    Estimate,
    bootstrap,
    halves,
    over_repetitions,
)


def test_the_bootstrap_of_a_mean_has_its_standard_error() -> None:
    x = torch.randn(400, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    estimate = bootstrap(lambda rows: x[rows].mean(), len(x), resamples=2000)
    assert estimate.value == pytest.approx(x.mean().item(), abs=1e-12)
    # the standard deviation of 2,000 draws is known to within 1 / √4000
    exact = x.std(correction=0).item() / math.sqrt(len(x))
    assert estimate.error == pytest.approx(exact, rel=4 / math.sqrt(4000))


def test_the_same_seed_gives_the_same() -> None:
    x = torch.arange(10.0)
    first, again, other = (
        bootstrap(lambda rows: x[rows].mean(), 10, resamples=5, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first.error != other.error


def test_over_repetitions() -> None:
    assert over_repetitions([1.0, 2.0, 3.0]) == Estimate(2.0, pytest.approx(1 / math.sqrt(3)))
    assert math.isnan(over_repetitions([1.0]).error)


@pytest.mark.parametrize(("most", "size"), [(30, 30), (100, 50)])
def test_halves_are_disjoint_and_new_each_time(most: int, size: int) -> None:
    found = list(halves(101, most=most, repetitions=3, seed=0))
    assert len(found) == 3
    for train, test in found:
        assert len(train) == len(test) == size
        assert len(torch.cat([train, test]).unique()) == 2 * size
    assert not found[0][0].equal(found[1][0])


def test_its_text() -> None:
    assert str(Estimate(0.12345, 0.0021)) == "0.123 ± 0.002"
