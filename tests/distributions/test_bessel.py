"""Bessel functions against scipy, and mpmath where scipy underflows."""

import mpmath
import numpy as np
import pytest
import torch
from scipy import special

from aetrain.distributions.bessel import log_bessel


@pytest.mark.parametrize("order", [0, 0.5, 1, 2, 5, 9.5, 19, 20, 31])
def test_scipy(order: float) -> None:
    x = torch.logspace(-4, 6.5, 300, dtype=torch.float64)
    log_value, ratio = log_bessel(x, order)
    below, above = special.ive(order, x.numpy()), special.ive(order + 1, x.numpy())
    seen = above > 1e-280
    assert seen.sum() > 200
    np.testing.assert_allclose(log_value[seen], np.log(below[seen]), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ratio[seen], above[seen] / below[seen], rtol=1e-12)


@pytest.mark.parametrize("order", [63.5, 255, 1023])
@pytest.mark.parametrize("x", [2.0**-12, 1.0, 50.0, 1e5])
def test_great_orders(order: float, x: float) -> None:
    log_value, ratio = log_bessel(torch.tensor(x, dtype=torch.float64), order)
    with mpmath.workdps(40):
        below, above = mpmath.besseli(order, x), mpmath.besseli(order + 1, x)
        expected = float(mpmath.log(below) - x)
    assert log_value.item() == pytest.approx(expected, rel=1e-12)
    assert ratio.item() == pytest.approx(float(above / below), rel=1e-11)


@pytest.mark.parametrize("order", [0.0, 0.5, 4.0, 30.0])
def test_gradients(order: float) -> None:
    x = torch.tensor([1e-2, 0.5, 3.0, 80.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: log_bessel(x, order), x)
