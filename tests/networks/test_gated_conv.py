import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from aetrain.errors import UserError
from aetrain.networks.gated_conv import Gated, GatedConvDecoder, GatedConvEncoder

IMAGE, LATENT = torch.Size([1, 28, 20]), torch.Size([4])


def test_the_formula() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 10, 3)
    x = torch.randn(2, 3, 7, 6)
    h = conv2d(x, layer.weight[:5], layer.bias[:5])  # pyright: ignore[reportOptionalSubscript]
    g = conv2d(x, layer.weight[5:], layer.bias[5:])  # pyright: ignore[reportOptionalSubscript]
    torch.testing.assert_close(Gated(layer, nn.Identity)(x), h / (1 + (-g).exp()))
    torch.testing.assert_close(Gated(layer, nn.Tanh)(x), h.tanh() / (1 + (-g).exp()))


def test_a_gate_for_each_layer_but_the_last() -> None:
    encoder = GatedConvEncoder([IMAGE], LATENT, channels=[6, 5, 4])
    decoder = GatedConvDecoder([LATENT], IMAGE, channels=[6, 5, 4])
    kinds = [Gated, Gated, Gated, nn.Flatten, nn.Linear, nn.Unflatten]
    assert [type(m) for m in encoder.layers] == kinds
    assert [type(m) for m in decoder.layers] == [Gated, Gated, Gated, nn.ConvTranspose2d]
    x, z = torch.randn(2, *IMAGE), torch.randn(2, *LATENT)
    down = [(x := m(x)).shape[1:] for m in encoder.layers[:3]]
    up = [(z := m(z)).shape[1:] for m in decoder.layers]
    assert down == [(6, 14, 10), (5, 7, 5), (4, 4, 3)]
    assert up == [(4, 4, 3), (5, 7, 5), (6, 14, 10), (1, 28, 20)]


def test_what_it_refuses() -> None:
    with pytest.raises(UserError, match="network=gated_conv needs images"):
        GatedConvEncoder([torch.Size([5])], LATENT)
    with pytest.raises(UserError, match="network=gated_conv needs images"):
        GatedConvDecoder([LATENT], torch.Size([5]))
    with pytest.raises(UserError, match="network=gated_conv encodes one image"):
        GatedConvEncoder([IMAGE, LATENT], LATENT)
    with pytest.raises(UserError, match=r"^network\.hidden=\[\]: network=gated_conv needs"):
        GatedConvDecoder([LATENT], IMAGE, channels=[])
