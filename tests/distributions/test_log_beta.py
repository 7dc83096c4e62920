import itertools

import pytest
import torch

from aetrain.distributions.log_beta import log_beta, stirling_rest

SIZES = [1e-6, 1e-3, 0.1, 0.5, 1.0, 3.0, 7.9, 8.0, 8.1, 50.0, 1e3, 1e6, 1e9]
PAIRS = torch.tensor(list(itertools.product(SIZES, SIZES)), dtype=torch.float64)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-14), (torch.float32, 1e-6)])
def test_it_has_all_digits(dtype: torch.dtype, tolerance: float) -> None:
    """Against 60 digits: scipy's own has 9 to 16 of them."""
    mpmath = pytest.importorskip("mpmath")  # comes with torch
    with mpmath.workdps(60):
        for a, b in PAIRS.to(dtype).tolist():
            gammas = [mpmath.loggamma(z) for z in (a, b, mpmath.mpf(a) + b)]
            expected = float(gammas[0] + gammas[1] - gammas[2])
            found = log_beta(*torch.tensor([[a], [b]], dtype=dtype)).item()
            assert found == pytest.approx(expected, rel=tolerance, abs=5 * tolerance)


def test_the_gradient_is_that_of_the_gammas() -> None:
    pairs = PAIRS[(PAIRS >= 1e-3).all(1) & (PAIRS <= 1e3).all(1)]
    a, b = (x.clone().requires_grad_() for x in pairs.T)
    log_beta(a, b).sum().backward()
    assert a.grad is not None
    expected = torch.digamma(pairs[:, 0]) - torch.digamma(pairs.sum(1))
    torch.testing.assert_close(a.grad, expected, rtol=1e-9, atol=1e-9)


def test_the_rest_has_no_step_where_its_formula_changes() -> None:
    z = torch.tensor([8 - 1e-9, 8 + 1e-9], dtype=torch.float64)
    below, above = stirling_rest(z)
    assert abs(below - above) < 1e-11
