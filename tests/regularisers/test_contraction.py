"""The contraction against autograd's Jacobian, in each of its ways."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.networks.activation import ACTIVATIONS, SLOPES
from aetrain.networks.mlp import MLP
from aetrain.posteriors.delta import Delta
from aetrain.regularisers import contraction
from aetrain.regularisers.contraction import Contraction
from aetrain.sparsity.kl import KL
from aetrain.sparsity.top_k import TopK
from tests.regularisers.encoders import (
    IMAGE,
    attention,
    convolutions,
    frobenius,
    layer,
    passed,
    perceptron,
)

B = 4


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def images(n: int = B) -> Tensor:
    return torch.rand(n, *IMAGE, dtype=torch.float64)


def norm(encoder: Conditional, x: Tensor, probes: int | None = None) -> Tensor:
    made = Contraction(encoder, encoder, probes=probes)
    (cost,) = made.terms(*passed(encoder, x)).values()
    assert isinstance(cost, Tensor)
    return cost


def perceptron_of_few() -> Conditional:
    """Return one whose data have fewer values than its code."""
    return perceptron(40, event=(3,))


ENCODERS = {
    "layer": lambda: layer(5),
    "perceptron": lambda: perceptron(5),
    "convolutions": lambda: convolutions(5),
    "attention": lambda: attention(5),
    "forwards": perceptron_of_few,
    "overcomplete": lambda: layer(100),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_exact_it_is_the_jacobians_squared_norm(name: str) -> None:
    """And so is its gradient, for every parameter of the encoder."""
    encoder = ENCODERS[name]()
    x = torch.rand(B, *encoder.given[0], dtype=torch.float64)
    found, expected = norm(encoder, x), frobenius(encoder, x)
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-14)
    gradients = [
        torch.autograd.grad(
            cost.sum(), list(encoder.parameters()), allow_unused=True, materialize_grads=True
        )
        for cost in (found, expected)
    ]
    for own, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(own, theirs, rtol=1e-9, atol=1e-12)


def test_one_sigmoid_layer_by_the_papers_formula() -> None:
    encoder, x = layer(5), images()
    w, b = (p.detach().numpy() for p in encoder.parameters())
    h = 1 / (1 + np.exp(-(x.flatten(1).numpy() @ w.T + b)))
    expected = ((h * (1 - h)) ** 2 * (w**2).sum(1)).sum(1)
    np.testing.assert_allclose(norm(encoder, x).detach().numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_one_layer_needs_no_pass(activation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of no further pass through the encoder, where the slope is known by the code."""
    encoder, x = layer(5, activation), images()
    given, expected = passed(encoder, x), frobenius(encoder, x)
    passes: list[Tensor] = []
    encoder.register_forward_pre_hook(lambda _, given: passes.append(given[0]))
    (cost,) = Contraction(encoder, encoder).terms(*given).values()
    torch.testing.assert_close(cost, expected, rtol=1e-11, atol=1e-14)
    assert len(passes) == (0 if activation in SLOPES else 1)


@pytest.mark.parametrize("make", [lambda: perceptron(5), lambda: convolutions(5)])
def test_probes_are_right_on_average(make: Callable[[], Conditional]) -> None:
    encoder, n = make(), 4000
    x = images(2)
    with torch.no_grad():
        found = norm(encoder, x.repeat(n, 1, 1, 1), probes=1).reshape(n, 2)
    expected = frobenius(encoder, x).detach()
    error = found.std(0) / n**0.5
    assert ((found.mean(0) - expected).abs() < 4 * error).all()
    assert (error > 0).all()


def test_one_layer_makes_no_use_of_probes() -> None:
    encoder, x = layer(5), images()
    assert torch.equal(norm(encoder, x, probes=1), norm(encoder, x))


def test_figures_where_gradients_are_off() -> None:
    for encoder in (layer(5), perceptron(5)):
        x = images()
        expected = norm(encoder, x).detach()
        with torch.inference_mode():
            given = passed(encoder, x.clone())
            found = Contraction(encoder, encoder).figures(*given)
        torch.testing.assert_close(found, {"contraction": expected})
        assert not found["contraction"].requires_grad


def test_of_sparse_codes() -> None:
    """A sigmoid that a sparsity put there has a closed form too; the k largest are exact."""
    network = partial(MLP, hidden=[])
    for sparsity, closed in [(KL((6,)), True), (TopK((6,), k=2), False)]:
        family = Delta((6,), sparsity=sparsity)
        encoder = Conditional(network, family, [IMAGE]).double()
        assert (family.slope is not None) == closed
        x = images()
        torch.testing.assert_close(norm(encoder, x), frobenius(encoder, x), rtol=1e-11, atol=1e-14)


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match=r"contraction\.probes=0: must be at least 1, or null"):
        contraction.Contraction(layer(5), layer(5), probes=0)
