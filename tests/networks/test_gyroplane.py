"""Distances from hyperplanes of the Poincaré ball, by the textbook's formula and by search."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from aetrain.distributions.poincare_ball import add, distance, exp_zero, point
from aetrain.errors import UserError
from aetrain.networks.gyroplane import GyroplaneMLP, Gyroplanes
from aetrain.networks.mlp import MLP
from tests.oracles.posteriors import mobius

every_curvature = pytest.mark.parametrize("c", [0.1, 1.0, 3.0])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def offset(r: torch.Tensor, c: float) -> torch.Tensor:
    bound = 10 / math.sqrt(c)
    return r * bound / (bound + r.abs())


@every_curvature
def test_they_are_the_signed_distances_of_the_textbook(c: float) -> None:
    """|a| arsinh(2 √c ⟨−p ⊕ z, a⟩ / ((1 − c|−p ⊕ z|²) |a|)) / √c."""
    layer = Gyroplanes(3, 5, c).double()
    z = exp_zero(torch.randn(7, 3).double(), c)[0].z
    found = layer(z).detach().numpy()
    for k in range(5):
        a = layer.weight[k].detach()
        r = offset(layer.offset[k].detach(), c)
        p = exp_zero(r * a / a.norm(), c)[0].z.numpy()
        for i in range(7):
            w = mobius(-p, z[i].numpy(), c)
            size = float(a.norm())
            up = 2 * math.sqrt(c) * (w @ a.numpy()) / ((1 - c * w @ w) * size)
            expected = size * np.arcsinh(up) / math.sqrt(c)
            assert found[i, k] == pytest.approx(expected, rel=1e-8, abs=1e-10)


@every_curvature
def test_no_point_of_the_hyperplane_is_nearer(c: float) -> None:
    """In the plane a hyperplane is the geodesic through p that is orthogonal to a."""
    layer = Gyroplanes(2, 1, c).double()
    a, r = layer.weight[0].detach(), offset(layer.offset[0].detach(), c)
    along = a / a.norm()
    p = exp_zero((r * along)[None], c)[0]
    across = torch.stack([-along[1], along[0]])
    for z in exp_zero(torch.randn(5, 2).double(), c)[0].z:

        def far(t: float, z: torch.Tensor = z) -> float:
            on = add(p, exp_zero((t * across)[None], c)[0], c)
            return distance(on, point(z[None], c), c).item()

        least = minimize_scalar(far, bounds=(-20, 20), method="bounded", options={"xatol": 1e-9})
        found = layer(z[None]).abs().item() / a.norm().item()
        assert found == pytest.approx(float(least.fun), rel=1e-6)


def test_flat_space_is_the_limit_and_a_linear_layer() -> None:
    flat, bent = Gyroplanes(3, 4, 0.0).double(), Gyroplanes(3, 4, 1e-10).double()
    bent.load_state_dict(flat.state_dict())
    z = torch.randn(6, 3).double()
    linear = 2 * z @ flat.weight.T - flat.weight.norm(dim=1) * flat.offset
    torch.testing.assert_close(flat(z), linear)
    torch.testing.assert_close(bent(z), linear, rtol=0, atol=1e-4)


@every_curvature
def test_float32_near_the_edge(c: float) -> None:
    layer = Gyroplanes(3, 8, c)
    z = exp_zero(torch.randn(50, 3) * 2.5 / math.sqrt(c), c)[0].z
    single = layer(z)
    double = layer.double()(z.double())
    torch.testing.assert_close(single.double(), double, rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize("size", [0.0, 1.0, 2.0, 1e4])
def test_great_inputs_and_offsets_give_finite_outputs_and_gradients(size: float) -> None:
    layer = Gyroplanes(3, 4, 1.0)
    with torch.no_grad():
        layer.offset.copy_(torch.tensor([-1e4, 1e4, 0.0, 1.0]))
    z = (size * torch.randn(5, 3)).requires_grad_()
    y = layer(z)
    y.square().sum().backward()
    for x in (y, z.grad, layer.weight.grad, layer.offset.grad):
        assert x is not None
        assert x.isfinite().all()


def test_distances_are_float32_under_autocast() -> None:
    layer = Gyroplanes(3, 4, 1.0)
    z = exp_zero(torch.randn(5, 3), 1.0)[0].z
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(z)
    assert torch.equal(y, layer(z))


def test_without_hidden_layers_it_is_the_distances() -> None:
    network = GyroplaneMLP([torch.Size([3])], torch.Size([2, 2]), hidden=(), curvature=1.0)
    z = 0.3 * torch.randn(5, 3)
    assert torch.equal(network(z), network.first(z).unflatten(1, (2, 2)))


def test_in_flat_space_it_can_be_any_perceptron() -> None:
    shapes = [torch.Size([3])], torch.Size([4])
    plain, network = MLP(*shapes, hidden=(6, 5)), GyroplaneMLP(*shapes, hidden=(6, 5))
    first, *others = [layer for layer in plain.layers if isinstance(layer, torch.nn.Linear)]
    with torch.no_grad():
        network.first.weight.copy_(first.weight / 2)
        network.first.offset.copy_(-first.bias / network.first.weight.norm(dim=1))
        assert network.rest is not None
        for own, layer in zip(network.rest.layers[::2], others, strict=True):
            own.load_state_dict(layer.state_dict())
    z = torch.randn(7, 3)
    torch.testing.assert_close(network(z), plain(z))


def test_a_curvature_below_zero_is_refused() -> None:
    with pytest.raises(UserError, match=r"^network.curvature=-1.0: must be 0 or more, such as 1"):
        GyroplaneMLP([torch.Size([3])], torch.Size([2]), curvature=-1.0)
