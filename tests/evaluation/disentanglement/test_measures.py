"""All of them at once: a perfect code, and that a seed fixes them."""

import math

import pytest

from aetrain.evaluation.disentanglement.measures import measures
from tests.evaluation.disentanglement.codes import grid, noise, perfect

NAMES = [
    *("mig", "dci_disentanglement", "dci_completeness", "dci_informativeness", "sap"),
    *("modularity", "explicitness", "factor_vae", "beta_vae"),
]


def test_a_perfect_code() -> None:
    factors = grid(2, 2, 2, times=20)
    found = measures(perfect(factors, spare=0), factors)
    assert list(found) == NAMES
    expected = dict.fromkeys(NAMES, 1.0) | {"sap": 0.5}
    for name, figure in found.items():
        tolerance = 0.1 if name == "sap" else 1e-9  # the second best dimension may guess well
        assert figure.value == pytest.approx(expected[name], abs=tolerance), name


def test_noise_seed_and_ranges() -> None:
    factors = grid(times=5)
    code = noise(len(factors), 3)
    found = measures(code, factors)
    assert found == measures(code, factors)
    assert found["mig"].value < 0.1
    for figure in found.values():
        assert 0 <= figure.value <= 1
        assert math.isfinite(figure.error)
