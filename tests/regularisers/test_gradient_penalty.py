"""The penalty against autograd's Jacobian."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.likelihoods.bernoulli import Bernoulli
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.networks.attention import AttentionDecoder
from aetrain.networks.pixelcnn import PixelCNNDecoder
from aetrain.regularisers.gradient_penalty import GradientPenalty
from tests.regularisers.decoders import CODE, IMAGE, convolutions, passed, perceptron


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def attention() -> Conditional:
    network = partial(AttentionDecoder, widths=[8], heads=2, depth=1)
    return Conditional(network, Bernoulli(IMAGE), [CODE]).double()


def penalty(decoder: Conditional, z: Tensor, probes: int | None = None) -> Tensor:
    made = GradientPenalty(decoder, decoder, probes=probes)
    (cost,) = made.terms(*passed(decoder, z)).values()
    assert made.figures(*passed(decoder, z)) == {}
    assert isinstance(cost, Tensor)
    return cost


def frobenius(decoder: Conditional, z: Tensor) -> Tensor:
    """Return |∂μ/∂z|² of each code by autograd, backwards."""

    def one(code: Tensor) -> Tensor:
        jacobian = torch.autograd.functional.jacobian(
            lambda c: decoder(c[None]).mean, code, create_graph=True
        )
        assert isinstance(jacobian, Tensor)
        return jacobian.square().sum()

    with sdpa_kernel(SDPBackend.MATH):  # of attention's kernels the only one with two derivatives
        return torch.stack([one(code) for code in z])


@pytest.mark.parametrize("make", [perceptron, convolutions, attention])
def test_exact_it_is_the_jacobians_squared_norm(make: Callable[[], Conditional]) -> None:
    """And so is its gradient, for every parameter of the decoder and for the code."""
    decoder = make()
    z = torch.randn(4, *CODE, dtype=torch.float64, requires_grad=True)
    found, expected = penalty(decoder, z), frobenius(decoder, z)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    inputs = [z, *decoder.parameters()]
    gradients = [
        torch.autograd.grad(cost.sum(), inputs, allow_unused=True, materialize_grads=True)
        for cost in (found, expected)
    ]
    for own, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(own, theirs, rtol=1e-8, atol=1e-10)


def test_probes_are_right_on_average() -> None:
    decoder, n = perceptron(), 3000
    z = torch.randn(2, *CODE, dtype=torch.float64)
    with torch.no_grad():
        found = penalty(decoder, z.repeat(n, 1), probes=1).reshape(n, 2)
    expected = frobenius(decoder, z).detach()
    error = found.std(0) / n**0.5
    assert ((found.mean(0) - expected).abs() < 4 * error).all()
    assert (found.std(0) > 0.01 * expected).all()
    more = penalty(decoder, z.repeat(n, 1), probes=4).reshape(n, 2).detach()
    assert (more.std(0) < 0.7 * found.std(0)).all()


def layers(*modules: nn.Module, size: int) -> Conditional:
    """Return p(x|z) of codes of some dimensions, from layers that put out 64 numbers."""
    network = lambda given, out: nn.Sequential(*modules, nn.Unflatten(1, out))  # noqa: E731
    return Conditional(network, Gaussian(IMAGE), [torch.Size((size,))]).double()


def test_a_linear_decoder_is_its_matrix() -> None:
    linear = nn.Linear(3, 64)
    found = penalty(layers(linear, size=3), torch.randn(5, 3, dtype=torch.float64))
    torch.testing.assert_close(found, linear.weight.square().sum().expand(5))


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match=r"gradient_penalty\.probes=0: must be at least 1, or null"):
        GradientPenalty(perceptron(), perceptron(), probes=0)
    network = partial(PixelCNNDecoder, channels=[4], features=2, depth=1)
    decoder = Conditional(network, Bernoulli(IMAGE), [CODE])
    with pytest.raises(UserError, match="autoregressive decoder is not a function of the code"):
        GradientPenalty(decoder, decoder)
