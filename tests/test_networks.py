"""One battery over every network in conf/: any image's shape to any code's, and back."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from aetrain.making import make_with
from aetrain.networks.autoregressive import AutoregressiveNetwork
from tests.battery import Case, cases, config

IMAGES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (1, 28, 20), (3, 7, 13), (1, 1, 1), (2, 5, 1)]
CODES = [(4,), (2, 4), (1,), (9,), (2, 3, 2)]
NETWORKS = cases("network")

TINY = {"attention": ("hidden=[4]", "heads=2", "patch=2", "depth=1"), "pixelcnn": ("features=2",)}
"""Options with which a member is small, beside `hidden=[3]`."""

ONE_PARAMETER = {"tied"}
"""Decoders that put out one number for each value and no more."""

ONE_THING = {"tied"}
"""Decoders that are given a code and nothing else."""

UNLIKE = {"gated_conv", "pixelcnn", "tied"}
"""Members whose decoder is not as large as their encoder: gates, pixels before, no own weights."""

every_network = pytest.mark.parametrize("case", NETWORKS)
every_image = pytest.mark.parametrize("image", IMAGES, ids=str)
every_code = pytest.mark.parametrize("code", CODES, ids=str)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


class Both(nn.Module):
    """An autoregressive network as one module: (given, x) -> raw."""

    def __init__(self, network: AutoregressiveNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, *given: Tensor) -> Tensor:
        *others, x = given
        return self.network(self.network.condition(*others), x)


class Side(NamedTuple):
    """An encoder or a decoder, the shapes that it is given and the shape that it puts out."""

    network: nn.Module
    given: Sequence[Any]
    out: Any

    def inputs(self, batch: int, **options: Any) -> list[Tensor]:
        return [torch.randn(batch, *shape, **options) for shape in self.given]


def encoder_of(case: Case, image: Any, code: Any) -> Side:
    shapes = [torch.Size(image)], torch.Size(code)
    return Side(make_with(case.config["network"]["encoder"], *shapes), [image], code)


def decoder_of(case: Case, given: Sequence[Any], image: Any, out: Any, encoder: Any) -> Side:
    node, shapes = case.config["network"]["decoder"], [torch.Size(shape) for shape in given]
    offered = {"encoder": encoder, "event": torch.Size(image)}
    network = make_with(node, shapes, torch.Size(out), **offered)
    if isinstance(network, AutoregressiveNetwork):
        return Side(Both(network), [*given, image], out)
    return Side(network, given, out)


def sides(case: Case, image: Any, code: Any) -> list[Side]:
    """Return an encoder, and decoders for each number of parameters that it serves."""
    encoder = encoder_of(case, image, code)
    outs = [image] if case.choice in ONE_PARAMETER else [image, (2, *image), (5, *image[1:])]
    given = [code[-1:]]
    return [encoder, *(decoder_of(case, given, image, out, encoder.network) for out in outs)]


@every_network
@every_image
@every_code
def test_shapes_and_gradients(case: Case, image: Any, code: Any) -> None:
    for side in sides(case, image, code):
        y = side.network(*side.inputs(3))
        assert y.shape == (3, *side.out)
        y.square().sum().backward()
        for name, parameter in side.network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
        # a layer that nothing flows through would have no gradient at all
        assert any((p.grad != 0).any() for p in side.network.parameters() if p.grad is not None)


@every_network
def test_the_gradient_reaches_every_parameter(case: Case) -> None:
    """With smooth nonlinearities, so that no unit is off, and an example for every weight."""
    smooth = Case("network", case.choice, ("activation=tanh",))
    for side in sides(smooth, (2, 24, 20), (4,)):
        network = side.network.double()
        network(*side.inputs(8, dtype=torch.float64)).pow(2).sum().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None
            assert (parameter.grad != 0).all(), name


@every_network
@pytest.mark.parametrize("batch", [0, 1])
def test_small_batches(case: Case, batch: int) -> None:
    for side in sides(case, (3, 7, 13), (2, 4)):
        y = side.network(*side.inputs(batch))
        assert y.shape == (batch, *side.out)
        y.sum().backward()


@every_network
def test_an_example_does_not_depend_on_the_rest_of_its_batch(case: Case) -> None:
    for side in sides(case, (1, 8, 8), (2, 4)):
        network = side.network.double()
        given = side.inputs(6, dtype=torch.float64)
        parts = [network(*part) for part in zip(*(x.split(2) for x in given), strict=True)]
        torch.testing.assert_close(network(*given), torch.cat(parts), rtol=1e-12, atol=1e-12)


@every_network
def test_float32_agrees_with_float64(case: Case) -> None:
    for side in sides(case, (1, 8, 8), (2, 4)):
        given = side.inputs(4)
        single = side.network(*given)
        double = side.network.double()(*(x.double() for x in given))
        torch.testing.assert_close(single.double(), double, rtol=1e-4, atol=1e-5)
        side.network.float()


@every_network
def test_state_dict_round_trip(case: Case) -> None:
    ones, others = (sides(case, (1, 8, 8), (4,)) for _ in range(2))
    given = [side.inputs(2) for side in ones]

    def outputs(several: Sequence[Side]) -> list[Tensor]:
        return [side.network(*x) for side, x in zip(several, given, strict=True)]

    before = outputs(others)  # a network may be loaded with another that it shares weights with
    for y, different in zip(outputs(ones), before, strict=True):
        assert not torch.equal(y, different)
    for one, other in zip(ones, others, strict=True):
        other.network.load_state_dict(one.network.state_dict(), strict=True)
    for y, same in zip(outputs(ones), outputs(others), strict=True):
        assert torch.equal(y, same)


@every_network
def test_finite_differences(case: Case) -> None:
    options = ("activation=softplus", "hidden=[3]", *TINY.get(case.choice, ()))
    smooth = Case("network", case.choice, options)
    for side in sides(smooth, (1, 3, 4), (2,)):
        network = side.network.double()
        parameters = dict(network.named_parameters())

        def call(
            *values: Tensor,
            network: nn.Module = network,
            names: Any = tuple(parameters),
            number: int = len(side.given),
        ) -> Tensor:
            own = dict(zip(names, values[number:], strict=True))
            return torch.func.functional_call(network, own, values[:number])

        given = side.inputs(2, dtype=torch.float64, requires_grad=True)
        own = [p.detach().clone().requires_grad_() for p in parameters.values()]
        assert torch.autograd.gradcheck(call, (*given, *own), fast_mode=True)


@every_network
def test_decoders_take_several_things(case: Case) -> None:
    if case.choice in ONE_THING:
        pytest.skip("is given a code and nothing else")
    image = (1, 8, 8)
    side = decoder_of(case, [(4,), (2, 3)], image, image, None)
    given = side.inputs(5)
    y = side.network(*given)
    assert y.shape == (5, 1, 8, 8)
    for i, x in enumerate(given):
        other = [torch.randn_like(x) if i == j else g for j, g in enumerate(given)]
        assert not torch.allclose(y, side.network(*other))


@every_network
def test_the_decoder_mirrors_the_encoder(case: Case) -> None:
    if case.choice in UNLIKE:
        pytest.skip("is not made to")
    mirrored = config(f"network={case.choice}", "network.hidden=[8,4]")["network"]
    latent, image = [torch.Size([3])], torch.Size([1, 8, 8])
    networks = [
        make_with(mirrored["encoder"], [image], latent[0]),
        make_with(mirrored["decoder"], latent, image),
    ]
    sizes = [sorted(p.numel() for p in m.parameters() if p.dim() > 1) for m in networks]
    places = {"attention": [2 * 2 * 8, 2 * 2 * 4]}.get(case.choice)
    if places is not None:  # a vector for each place, where the tokens begin
        for own, size in zip(sizes, places, strict=True):
            own.remove(size)
    assert sizes[0] == sizes[1]
