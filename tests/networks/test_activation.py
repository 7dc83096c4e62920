import pytest
import torch

from aetrain.errors import UserError
from aetrain.networks.activation import ACTIVATIONS, SLOPES, activation_named

X = torch.tensor([-2.0, -0.5, 0.0, 0.5, 2.0], dtype=torch.float64)
FORMULAS = {
    "relu": X.clamp(min=0),
    "leaky_relu": torch.where(X > 0, X, 0.01 * X),
    "elu": torch.where(X > 0, X, X.exp() - 1),
    "gelu": X * torch.special.ndtr(X),
    "silu": X / (1 + (-X).exp()),
    "softplus": X.exp().log1p(),
    "tanh": X.tanh(),
    "sigmoid": 1 / (1 + (-X).exp()),
    "identity": X,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_formulas(name: str) -> None:
    assert name in FORMULAS, f"add the formula of '{name}' to tests/networks/test_activation.py"
    torch.testing.assert_close(activation_named(name)()(X), FORMULAS[name], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", SLOPES)
def test_slopes_by_the_value(name: str) -> None:
    x = X[X != 0].requires_grad_()  # at 0 some have none
    y = activation_named(name)()(x)
    (expected,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(SLOPES[name](y.detach()), expected, rtol=1e-12, atol=1e-12)


def test_each_call_makes_a_module_of_its_own() -> None:
    make = activation_named("relu")
    assert make() is not make()


@pytest.mark.parametrize(
    ("name", "end"), [("rleu", " Did you mean 'relu'?"), ("quadratic_spline", ""), ("", "")]
)
def test_an_unknown_name(name: str, end: str) -> None:
    with pytest.raises(UserError) as caught:
        activation_named(name)
    assert str(caught.value) == (
        f"network activation '{name}' is not known: choose from relu, leaky_relu, elu, gelu, silu,"
        f" softplus, tanh, sigmoid, identity.{end}"
    )
