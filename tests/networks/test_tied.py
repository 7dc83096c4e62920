"""The decoder's weights are the encoder's."""

from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import linear

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.networks.conv import ConvEncoder
from aetrain.networks.mlp import MLP
from aetrain.networks.tied import TiedDecoder
from tests.battery import config

IMAGE, LATENT, RAW = torch.Size([1, 4, 5]), torch.Size([3]), torch.Size([2, 3])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def pair(
    hidden: list[int], raw: torch.Size = RAW, activation: str = "tanh"
) -> tuple[list[nn.Linear], TiedDecoder]:
    """Return the encoder's linear layers and the decoder."""
    encoder = MLP([IMAGE], raw, hidden=hidden).double()
    decoder = TiedDecoder([LATENT], IMAGE, encoder=encoder, activation=activation)
    return [m for m in encoder.layers if isinstance(m, nn.Linear)], decoder.double()


@pytest.mark.parametrize("raw", [LATENT, RAW, torch.Size([11])], ids=str)
def test_linear_it_is_the_transpose(raw: torch.Size) -> None:
    (layer,), decoder = pair([], raw)
    z = torch.randn(7, 3, dtype=torch.float64)
    (bias,) = decoder.biases
    with torch.no_grad():
        bias.normal_()
    expected = (z @ layer.weight[:3] + bias).view(7, *IMAGE)
    torch.testing.assert_close(decoder(z), expected)
    jacobian = torch.autograd.functional.jacobian(decoder, z[:1])
    assert isinstance(jacobian, torch.Tensor)
    torch.testing.assert_close(jacobian.view(20, 3), layer.weight[:3].T)


def test_deep_it_goes_back_through_every_layer() -> None:
    (one, two, three), decoder = pair([8, 6])
    z = torch.randn(7, 3, dtype=torch.float64)
    with torch.no_grad():
        for bias in decoder.biases:
            bias.normal_()
    a, b, c = decoder.biases
    x = torch.tanh(linear(z, three.weight[:3].T, a))
    x = linear(torch.tanh(linear(x, two.weight.T, b)), one.weight.T, c)
    torch.testing.assert_close(decoder(z), x.view(7, *IMAGE))


def test_the_weights_are_the_same_tensors_and_the_biases_its_own() -> None:
    layers, decoder = pair([8])
    assert [id(w) for w in decoder.weights] == [id(m.weight) for m in reversed(layers)]
    assert not {id(m.bias) for m in layers} & {id(b) for b in decoder.biases}
    assert [tuple(b.shape) for b in decoder.biases] == [(8,), (20,)]


def test_the_gradient_is_of_both_uses() -> None:
    encoder = MLP([IMAGE], LATENT, hidden=[]).double()
    decoder = TiedDecoder([LATENT], IMAGE, encoder=encoder).double()
    (layer,) = encoder.layers
    assert isinstance(layer, nn.Linear)
    x = torch.randn(5, *IMAGE, dtype=torch.float64)
    (decoder(encoder(x)) - x).square().sum().backward()
    flat, w = x.flatten(1), layer.weight.detach()
    code = flat @ w.T + layer.bias.detach()
    residual = code @ w - flat  # the decoder's bias begins at 0
    encoding, decoding = 2 * w @ residual.T @ flat, 2 * code.T @ residual
    torch.testing.assert_close(layer.weight.grad, encoding + decoding)


def built() -> tuple[nn.Module, Any, Any]:
    """Return a model, its encoder's network and its decoder's."""
    model: Any = build_model(config("network=tied", "network.hidden=[8]", "latent=3"), IMAGE)
    return model, model.encoder.network, model.decoder.network


def test_in_a_model_they_are_trained_once_and_stay_tied() -> None:
    model, encoder, decoder = built()
    names = [name for name, _ in model.named_parameters()]
    assert [name for name in names if "decoder.network" in name] == [
        "decoder.network.biases.0",
        "decoder.network.biases.1",
    ]
    model.double()
    other, *networks = built()
    other.double().load_state_dict(model.state_dict(), strict=True)
    copied: Any = deepcopy(model)
    pairs = [(encoder, decoder), networks, (copied.encoder.network, copied.decoder.network)]
    for one, two in pairs:
        assert two.weights[-1] is one.layers[0].weight
        assert two.weights[0] is one.layers[2].weight
        assert torch.equal(one.layers[0].weight, encoder.layers[0].weight)


def test_another_likelihood() -> None:
    chosen = config("network=tied", "likelihood=gaussian", "likelihood.sigma=decoder")
    with pytest.raises(UserError) as caught:
        build_model(chosen, (1, 4, 5))
    assert str(caught.value) == (
        "network=tied puts out one number for each of the 20 that the encoder reads, but"
        " (2, 1, 4, 5) are wanted: use a likelihood with one parameter for each value, such as"
        " likelihood=bernoulli, or network=mlp"
    )


def test_another_encoder() -> None:
    conv = ConvEncoder([IMAGE], RAW)
    for encoder, name in [(conv, "ConvEncoder"), (None, "none")]:
        with pytest.raises(UserError) as caught:
            TiedDecoder([LATENT], IMAGE, encoder=encoder)
        assert str(caught.value) == (
            "network=tied decodes with the weights of a perceptron, but the encoder is"
            f" {name}: leave network.encoder as it is, or use network=mlp"
        )


@pytest.mark.parametrize("given", [[(3,), (2,)], [(7,)]], ids=str)
def test_more_than_the_code(given: list[tuple[int, ...]]) -> None:
    encoder, shapes = MLP([IMAGE], RAW), [torch.Size(shape) for shape in given]
    with pytest.raises(UserError) as caught:
        TiedDecoder(shapes, IMAGE, encoder=encoder)
    assert str(caught.value) == (
        "network=tied decodes one code of the encoder's, which puts out 6 numbers, but is given"
        f" the shapes {', '.join(map(str, given))}: use network=mlp"
    )
