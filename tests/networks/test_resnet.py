import pytest
import torch
from torch import nn

from aetrain.errors import UserError
from aetrain.networks.resnet import Residual, ResnetDecoder, ResnetEncoder

LATENT = torch.Size([4])
SIZES = {
    (28, 20): [(28, 20), (14, 10), (7, 5), (4, 3)],
    (7, 13): [(7, 13), (4, 7), (2, 4), (1, 2)],
    (1, 1): [(1, 1)] * 4,
}


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def grids(network: ResnetEncoder | ResnetDecoder, x: torch.Tensor) -> list[tuple[int, int]]:
    """Return height and width where blocks begin and end."""
    sizes: list[tuple[int, int]] = []
    for layer in network.layers:
        x = layer(x)
        if x.dim() == 4 and (isinstance(layer, Residual | nn.Unflatten) or not sizes):
            sizes.append((x.shape[2], x.shape[3]))
    return sizes


@pytest.mark.parametrize(("size", "expected"), SIZES.items(), ids=str)
def test_the_image_is_halved_and_doubled_as_by_conv(
    size: tuple[int, int], expected: list[tuple[int, int]]
) -> None:
    image = torch.Size([3, *size])
    assert grids(ResnetEncoder([image], LATENT), torch.randn(2, *image)) == expected
    assert grids(ResnetDecoder([LATENT], image), torch.randn(2, 4)) == expected[::-1]


@pytest.mark.parametrize("depth", [1, 3])
def test_blocks_of_each_size(depth: int) -> None:
    image = torch.Size([1, 8, 8])
    for network in (
        ResnetEncoder([image], LATENT, channels=[6, 4], depth=depth),
        ResnetDecoder([LATENT], image, channels=[6, 4], depth=depth),
    ):
        assert sum(isinstance(layer, Residual) for layer in network.layers) == 2 * depth


def test_a_block_is_the_sum_of_its_ways() -> None:
    network = ResnetEncoder([torch.Size([1, 8, 8])], LATENT, channels=[6])
    block = network.layers[1]
    assert isinstance(block, Residual)
    x = torch.randn(2, 6, 8, 8)
    with torch.no_grad():
        branch = block.branch(x)
        assert torch.equal(block(x), block.shortcut(x) + branch)
        means = x.view(2, 6, 4, 2, 4, 2).mean((3, 5))
        torch.testing.assert_close(block.shortcut(x), means)


def test_many_blocks_do_not_blow_up() -> None:
    network = ResnetEncoder([torch.Size([3, 16, 16])], torch.Size([64]), depth=16)
    y = network(torch.randn(8, 3, 16, 16))
    assert 0.01 < float(y.detach().std()) < 3


def test_every_pixel_counts() -> None:
    x = torch.randn(1, 3, 7, 13, requires_grad=True)
    ResnetEncoder([x.shape[1:]], LATENT, activation="tanh")(x).sum().backward()
    assert x.grad is not None
    assert (x.grad != 0).all()


MAPS = [((28, 20), (7, 5), 2), ((7, 13), (4, 7), 1), ((8, 8), (8, 8), 0), ((16, 16), (1, 1), 4)]


@pytest.mark.parametrize(("size", "end", "times"), MAPS, ids=str)
@pytest.mark.parametrize("channels", [[6], [6, 4], [3, 4, 5]], ids=str)
@pytest.mark.parametrize("depth", [1, 2])
def test_a_map_is_reached_by_halvings_without_a_linear_layer(
    size: tuple[int, int], end: tuple[int, int], times: int, channels: list[int], depth: int
) -> None:
    image, code = torch.Size([3, *size]), torch.Size([2, *end])
    options = {"channels": channels, "depth": depth}
    encoder, decoder = (
        ResnetEncoder([image], code, **options),
        ResnetDecoder([code], image, **options),
    )
    assert encoder(torch.randn(2, *image)).shape == (2, *code)
    assert decoder(torch.randn(2, *code)).shape == (2, *image)
    several = ResnetEncoder([image], torch.Size([2, *code]), **options)
    assert several(torch.randn(2, *image)).shape == (2, 2, *code)
    blocks = depth * max(times, len(channels))
    inputs = torch.randn(2, *image), torch.randn(2, code.numel())
    for network, given in zip((encoder, decoder), inputs, strict=True):
        assert not any(isinstance(module, nn.Linear) for module in network.modules())
        assert sum(isinstance(layer, Residual) for layer in network.layers) == blocks
        assert len(set(grids(network, given))) == times + 1


def test_a_place_of_a_map_sees_its_part_of_the_image() -> None:
    image = torch.Size([1, 64, 64])
    network = ResnetEncoder([image], torch.Size([2, 16, 16]), channels=[3, 3], activation="tanh")
    x = torch.randn(1, *image, requires_grad=True)
    network(x)[0, :, 8, 8].sum().backward()
    assert x.grad is not None
    rows, columns = x.grad[0, 0].nonzero().T
    for seen in (rows, columns):
        assert seen.min() >= 32 - 16
        assert seen.max() < 36 + 16


def test_what_it_refuses() -> None:
    image = torch.Size([1, 8, 8])
    for make in (ResnetEncoder, ResnetDecoder):
        given, out = ([image], LATENT) if make is ResnetEncoder else ([LATENT], image)
        with pytest.raises(UserError, match=r"^network\.depth=0: must be at least 1$"):
            make(given, out, depth=0)
        with pytest.raises(UserError, match=r"^network\.hidden=\[\]: network=resnet needs"):
            make(given, out, channels=[])
    with pytest.raises(UserError, match="network=resnet needs images"):
        ResnetEncoder([torch.Size([5])], LATENT)
    with pytest.raises(UserError, match="network=resnet encodes one image, but is given 2 things"):
        ResnetEncoder([image, LATENT], LATENT)
    with pytest.raises(UserError, match="network=resnet needs images"):
        ResnetDecoder([LATENT], torch.Size([5]))
