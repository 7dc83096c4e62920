"""One battery over every network in conf/: any image's shape to any code's, and back."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from aetrain.build import make
from tests.battery import Case, cases, config

IMAGES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (1, 28, 20), (3, 7, 13), (1, 1, 1), (2, 5, 1)]
CODES = [(4,), (2, 4), (1,)]
NETWORKS = cases("network")

every_network = pytest.mark.parametrize("case", NETWORKS)
every_image = pytest.mark.parametrize("image", IMAGES, ids=str)
every_code = pytest.mark.parametrize("code", CODES, ids=str)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def build(case: Case, side: str, given: Any, out: Any) -> nn.Module:
    return make(case.config["network"][side])([torch.Size(given)], torch.Size(out))


def sides(case: Case, image: Any, code: Any) -> list[tuple[nn.Module, Any, Any]]:
    """Return (network, shape given, shape put out) of an encoder and two decoders."""
    latent = (math.prod(code),)
    ways = [("encoder", image, code), ("decoder", latent, image), ("decoder", latent, (2, *image))]
    return [(build(case, side, given, out), given, out) for side, given, out in ways]


@every_network
@every_image
@every_code
def test_shapes_and_gradients(case: Case, image: Any, code: Any) -> None:
    for network, given, out in sides(case, image, code):
        y = network(torch.randn(3, *given))
        assert y.shape == (3, *out)
        y.square().sum().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
        # a layer that nothing flows through would have no gradient at all
        assert any((p.grad != 0).any() for p in network.parameters())


@every_network
def test_the_gradient_reaches_every_parameter(case: Case) -> None:
    """With smooth nonlinearities, so that no unit is off, and an example for every weight."""
    smooth = Case("network", case.choice, ("activation=tanh",))
    for network, given, _ in sides(smooth, (2, 24, 20), (4,)):
        network.double()(torch.randn(8, *given).double()).pow(2).sum().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None
            assert (parameter.grad != 0).all(), name


@every_network
@pytest.mark.parametrize("batch", [0, 1])
def test_small_batches(case: Case, batch: int) -> None:
    for network, given, out in sides(case, (3, 7, 13), (2, 4)):
        y = network(torch.randn(batch, *given))
        assert y.shape == (batch, *out)
        y.sum().backward()


@every_network
def test_an_example_does_not_depend_on_the_rest_of_its_batch(case: Case) -> None:
    for network, given, _ in sides(case, (1, 8, 8), (2, 4)):
        network.double().eval()
        x = torch.randn(6, *given, dtype=torch.float64)
        parts = torch.cat([network(part) for part in x.split(2)])
        torch.testing.assert_close(network(x), parts, rtol=1e-12, atol=1e-12)


@every_network
def test_float32_agrees_with_float64(case: Case) -> None:
    for network, given, _ in sides(case, (1, 8, 8), (2, 4)):
        x = torch.randn(4, *given)
        single = network(x)
        torch.testing.assert_close(
            single.double(), network.double()(x.double()), rtol=1e-4, atol=1e-5
        )


@every_network
def test_state_dict_round_trip(case: Case) -> None:
    for (one, given, _), (other, _, _) in zip(
        sides(case, (1, 8, 8), (4,)), sides(case, (1, 8, 8), (4,)), strict=True
    ):
        x = torch.randn(2, *given)
        assert not torch.equal(one(x), other(x))
        other.load_state_dict(one.state_dict(), strict=True)
        assert torch.equal(one(x), other(x))


@every_network
def test_finite_differences(case: Case) -> None:
    smooth = Case("network", case.choice, ("activation=softplus", "hidden=[3]"))
    for network, given, _ in sides(smooth, (1, 3, 4), (2,)):
        network.double()
        parameters = dict(network.named_parameters())

        def call(
            x: Tensor, *own: Tensor, network: nn.Module = network, names: Any = tuple(parameters)
        ) -> Tensor:
            return torch.func.functional_call(network, dict(zip(names, own, strict=True)), (x,))

        x = torch.randn(2, *given, dtype=torch.float64, requires_grad=True)
        own = [p.detach().clone().requires_grad_() for p in parameters.values()]
        assert torch.autograd.gradcheck(call, (x, *own))


@every_network
def test_decoders_take_several_things(case: Case) -> None:
    shapes = [torch.Size([4]), torch.Size([2, 3])]
    network = make(case.config["network"]["decoder"])(shapes, torch.Size([1, 8, 8]))
    given = [torch.randn(5, *shape) for shape in shapes]
    y = network(*given)
    assert y.shape == (5, 1, 8, 8)
    for i, x in enumerate(given):
        other = [torch.randn_like(x) if i == j else g for j, g in enumerate(given)]
        assert not torch.allclose(y, network(*other))


@every_network
def test_the_decoder_mirrors_the_encoder(case: Case) -> None:
    mirrored = config(f"network={case.choice}", "network.hidden=[6,4]")["network"]
    latent, image = [torch.Size([3])], torch.Size([1, 8, 8])
    networks = [
        make(mirrored["encoder"])([image], latent[0]),
        make(mirrored["decoder"])(latent, image),
    ]
    sizes = [
        sorted(p.numel() for n, p in m.named_parameters() if n.endswith("weight")) for m in networks
    ]
    assert sizes[0] == sizes[1]
