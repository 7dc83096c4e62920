import pytest
import torch
from torch import nn

from aetrain.errors import UserError
from aetrain.networks.conv import ConvDecoder, ConvEncoder

IMAGE, LATENT = torch.Size([1, 28, 20]), torch.Size([4])


def grids(network: nn.Module, x: torch.Tensor) -> list[tuple[int, int]]:
    """Return height and width after each layer on images."""
    sizes: list[tuple[int, int]] = []
    for layer in network.layers:  # pyright: ignore[reportGeneralTypeIssues]
        x = layer(x)
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Unflatten) and x.dim() == 4:
            sizes.append((x.shape[2], x.shape[3]))
    return sizes


def test_each_layer_halves_the_image_rounding_up() -> None:
    x = torch.randn(2, *IMAGE)
    assert grids(ConvEncoder([IMAGE], LATENT), x) == [(14, 10), (7, 5), (4, 3)]


def test_the_decoder_goes_the_same_way_back() -> None:
    z = torch.randn(2, *LATENT)
    expected = [(4, 3), (7, 5), (14, 10), (28, 20)]
    assert grids(ConvDecoder([LATENT], IMAGE), z) == expected


def test_the_decoder_ends_without_a_nonlinearity() -> None:
    for out in (IMAGE, torch.Size([2, *IMAGE])):
        network = ConvDecoder([LATENT], out)
        assert isinstance(network.layers[-1], nn.ConvTranspose2d)
        assert (network(torch.randn(16, *LATENT)) < 0).any()


def test_several_parameters_of_each_value_are_the_leading_dimension() -> None:
    network = ConvDecoder([LATENT], torch.Size([2, 3, 8, 8]))
    z = torch.randn(5, *LATENT)
    flat = network.layers(z)
    assert flat.shape == (5, 6, 8, 8)
    assert torch.equal(network(z)[:, 1], flat[:, 3:])


def test_every_pixel_and_every_input_counts() -> None:
    x = torch.randn(1, *IMAGE, requires_grad=True)
    ConvEncoder([IMAGE], LATENT, activation="tanh")(x).sum().backward()
    assert x.grad is not None
    assert (x.grad != 0).all()
    decoder = ConvDecoder([LATENT], IMAGE, activation="tanh")
    assert (decoder(torch.randn(1, 4)) - decoder(torch.randn(1, 4)) != 0).all()


@pytest.mark.parametrize("shape", [(5,), (5, 6), (2, 3, 4, 5)], ids=str)
def test_an_encoder_needs_an_image(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError) as caught:
        ConvEncoder([torch.Size(shape)], LATENT)
    assert str(caught.value) == (
        "network=conv needs images (channels, height, width), but the input has the shape"
        f" {shape}: use network=mlp"
    )


@pytest.mark.parametrize("shape", [(5,), (2, 5), (1, 2, 3, 4, 5)], ids=str)
def test_a_decoder_needs_an_image(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError) as caught:
        ConvDecoder([LATENT], torch.Size(shape))
    assert str(caught.value) == (
        "network=conv needs images (channels, height, width), but the output has the shape"
        f" {shape}: use network=mlp"
    )


def test_an_encoder_takes_one_image_only() -> None:
    with pytest.raises(UserError) as caught:
        ConvEncoder([IMAGE, LATENT], LATENT)
    assert str(caught.value) == (
        "network=conv encodes one image, but is given 2 things, of the shapes (1, 28, 20), (4,):"
        " use network=mlp"
    )


def test_there_must_be_a_layer() -> None:
    for make in (
        lambda: ConvEncoder([IMAGE], LATENT, channels=[]),
        lambda: ConvDecoder([LATENT], IMAGE, channels=[]),
    ):
        with pytest.raises(UserError) as caught:
            make()
        assert str(caught.value) == (
            "network.hidden=[]: network=conv needs a layer at least, such as [32];"
            " for a linear map use network=mlp"
        )


def test_an_unknown_activation() -> None:
    with pytest.raises(UserError, match="network activation 'rleu' is not known"):
        ConvEncoder([IMAGE], LATENT, activation="rleu")
    with pytest.raises(UserError, match="network activation 'rleu' is not known"):
        ConvDecoder([LATENT], IMAGE, activation="rleu")
