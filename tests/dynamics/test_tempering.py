"""Schedules of the momentum's temperature, by their definition."""

import math

import pytest
import torch

from aetrain.dynamics.tempering import TEMPERINGS, tempering_named
from aetrain.errors import UserError

every_kind = pytest.mark.parametrize("kind", list(TEMPERINGS))


@every_kind
@pytest.mark.parametrize("steps", [0, 1, 5])
@pytest.mark.parametrize("beta", [0.01, 0.3, 0.99])
def test_the_factors_make_up_the_whole(kind: str, steps: int, beta: float) -> None:
    log_scales = tempering_named(kind, steps, beta).double()()
    assert log_scales.shape == (steps,)
    assert (log_scales <= 0).all()
    whole = 0.0 if kind == "none" or steps == 0 else 0.5 * math.log(beta)
    assert log_scales.sum().item() == pytest.approx(whole, rel=1e-5, abs=1e-7)


def test_the_fixed_way_is_quadratic() -> None:
    """1/√β_k = 1/√β₀ + (1 − 1/√β₀) k²/K²."""
    tempering = tempering_named("fixed", 4, 0.25)
    root = 2 / tempering().detach().cumsum(0).neg().exp()
    torch.testing.assert_close(root, 2 + (1 - 2) * torch.tensor([1.0, 4.0, 9.0, 16.0]) / 16)


def test_the_free_way_begins_with_equal_factors() -> None:
    log_scales = tempering_named("free", 4, 0.3)()
    torch.testing.assert_close(log_scales, torch.full((4,), math.log(0.3) / 8))


@pytest.mark.parametrize("kind", ["fixed", "free"])
@pytest.mark.parametrize("raw", [-1e4, 0.0, 1e4])
def test_any_parameters_are_finite_and_have_a_gradient(kind: str, raw: float) -> None:
    tempering = tempering_named(kind, 3, 0.3)
    (parameter,) = tempering.parameters()
    with torch.no_grad():
        parameter.fill_(raw)
    log_scales = tempering()
    log_scales[0].backward()
    assert log_scales.isfinite().all()
    assert (log_scales <= 0).all()
    assert parameter.grad is not None
    assert parameter.grad.isfinite().all()
    assert parameter.grad.any()


@pytest.mark.parametrize("beta", [0.0, 1.0, -0.5])
def test_refusals(beta: float) -> None:
    with pytest.raises(UserError) as caught:
        tempering_named("fixed", 3, beta)
    assert str(caught.value) == (
        f"model.beta={beta}: must be above 0 and below 1, such as 0.3; for β₀ = 1 use"
        " model.tempering=none"
    )
    with pytest.raises(UserError) as caught:
        tempering_named("cold", 3, 0.3)
    assert str(caught.value) == "model.tempering=cold: choose none, fixed, free"
