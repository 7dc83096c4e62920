"""Intervals of shares, against scipy's."""

import pytest
from scipy.stats import binomtest

from aetrain.evaluation.interval import share


@pytest.mark.parametrize(
    ("hits", "trials"), [(0, 1), (1, 1), (3, 10), (60, 60), (180, 180), (9876, 10_000)]
)
def test_wilson_is_scipys(hits: int, trials: int):
    found = share(hits, trials)
    wanted = binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    assert found.value == hits / trials
    assert found.low == pytest.approx(wanted.low, abs=1e-12)
    assert found.high == pytest.approx(wanted.high, abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.figures("a") == {"a": found.value, "a_low": found.low, "a_high": found.high}
