import pytest
import torch

from aetrain.evaluation.disentanglement.modularity import modularity
from tests.evaluation.disentanglement.codes import grid, noise, perfect


def test_a_perfect_code_has_1() -> None:
    factors = grid(times=10)
    code = perfect(factors, spare=0)
    assert modularity(code, factors, resamples=2).value == pytest.approx(1, abs=1e-12)


def test_one_factor_in_two_dimensions_is_modular_still() -> None:
    factors = grid(times=10)
    code = perfect(factors, spare=0)
    assert modularity(code[:, [0, 0, 1, 2]], factors).value == pytest.approx(1, abs=1e-12)


def test_a_dimension_about_two_factors_alike() -> None:
    """Of F = 3 factors its template is missed by I² once: 1 − 1/(F − 1)."""
    factors = grid(4, 4, 4)
    code = (factors[:, :1] * 4 + factors[:, 1:2]).double()
    assert modularity(code, factors).value == pytest.approx(0.5, abs=1e-12)
    assert modularity(code, factors[:, :2]).value == pytest.approx(0.0, abs=1e-12)


def test_dimensions_that_say_nothing_are_left_out() -> None:
    factors = grid()
    code = torch.cat([perfect(factors, spare=0), torch.zeros(len(factors), 3)], 1)
    assert modularity(code, factors).value == pytest.approx(1, abs=1e-12)
    assert modularity(torch.zeros(len(factors), 3), factors) == (0.0, 0.0)


def test_of_a_single_factor() -> None:
    factors = grid(5, times=20)
    assert modularity(noise(100, 2), factors).value == pytest.approx(1, abs=1e-12)
