"""The stochastic contraction against quadrature, closed forms and its limit."""

from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.regularisers.stochastic_contraction import StochasticContraction
from tests.regularisers.encoders import IMAGE, frobenius, layer, passed, perceptron


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def draws(encoder: Conditional, x: Tensor, sigma: float, n: int) -> Tensor:
    """Return n draws of the cost for each example, (n, B)."""
    made = StochasticContraction(encoder, encoder, sigma=sigma)
    with torch.no_grad():
        given = passed(encoder, x.repeat(n, *[1] * (x.dim() - 1)))
        (cost,) = made.terms(*given).values()
        torch.manual_seed(0)
        figure = made.figures(*given)["stochastic_contraction"]
    assert isinstance(cost, Tensor)
    assert figure.shape == cost.shape
    return cost.reshape(n, len(x))


def require_mean(found: Tensor, expected: Tensor) -> None:
    """Require the mean of draws to be what is expected, within 4 standard errors."""
    error = found.std(0) / len(found) ** 0.5
    assert ((found.mean(0) - expected).abs() < 4 * error).all()


def test_of_a_linear_code_it_is_sigma_squared_times_the_norm() -> None:
    encoder, x = layer(5, "identity"), torch.rand(2, *IMAGE, dtype=torch.float64)
    for sigma in (0.1, 2.0):
        expected = sigma**2 * frobenius(encoder, x).detach()
        require_mean(draws(encoder, x, sigma, 5000), expected)


def test_of_one_unit_it_is_an_integral() -> None:
    """E(s(a) − s(a + |w| σ e))², e ~ N(0, 1), by quadrature."""
    encoder, x = layer(1, event=(3,)), torch.randn(2, 3, dtype=torch.float64)
    weight, bias = (p.detach() for p in encoder.parameters())
    sigma = 3.0
    e = torch.linspace(-10, 10, 20001, dtype=torch.float64)
    a = x @ weight[0] + bias
    moved = (a[:, None] + sigma * weight.norm() * e).sigmoid() - a.sigmoid()[:, None]
    density = (-0.5 * e * e).exp() / (2 * torch.pi) ** 0.5
    require_mean(draws(encoder, x, sigma, 20_000), torch.trapezoid(moved**2 * density, e))


def test_its_limit_is_the_contraction() -> None:
    """Of one and the same ε it is σ² |J ε|² + O(σ³), whose mean is σ² |J|²."""
    encoder, x = perceptron(5), torch.rand(2, *IMAGE, dtype=torch.float64)
    norm = frobenius(encoder, x).detach()
    direction = torch.randn(2, *IMAGE, dtype=torch.float64)
    along: Any = torch.autograd.functional.jvp(lambda v: encoder(v).mean, x, direction)[1]
    ratios = []
    for sigma in (1e-2, 1e-3, 1e-4):
        torch.manual_seed(1)
        found = draws(encoder, x, sigma, 20_000) / sigma**2
        require_mean(found, norm)
        with torch.no_grad():
            moved = (encoder(x + sigma * direction).mean - encoder(x).mean) / sigma
        ratios.append((moved.square().sum(1) / along.square().sum(1) - 1).abs().max().item())
    assert ratios[0] < 0.1
    assert ratios[1] < 0.15 * ratios[0]
    assert ratios[2] < 0.15 * ratios[1]


def test_both_passes_are_trained() -> None:
    encoder, x = layer(5), torch.rand(2, *IMAGE, dtype=torch.float64)
    (cost,) = StochasticContraction(encoder, encoder).terms(*passed(encoder, x)).values()
    assert isinstance(cost, Tensor)
    cost.sum().backward()
    torch.manual_seed(0)
    for parameter in encoder.parameters():
        assert parameter.grad is not None
        assert (parameter.grad != 0).any()


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan")])
def test_what_is_refused(sigma: float) -> None:
    with pytest.raises(UserError, match=r"contraction\.sigma=.*: must be above 0, such as 0\.1"):
        StochasticContraction(layer(5), layer(5), sigma=sigma)
