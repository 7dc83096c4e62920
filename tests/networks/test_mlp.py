import pytest
import torch
from torch import nn

from aetrain.errors import UserError
from aetrain.networks.mlp import MLP

IMAGE, LATENT = torch.Size([1, 8, 8]), torch.Size([4])


def test_layers() -> None:
    network = MLP([IMAGE], torch.Size([2, 4]), hidden=[30, 20], activation="tanh")
    widths = [(m.in_features, m.out_features) for m in network.layers if isinstance(m, nn.Linear)]
    assert widths == [(64, 30), (30, 20), (20, 8)]
    assert [type(m) for m in network.layers][1::2] == [nn.Tanh, nn.Tanh]


def test_without_hidden_layers_it_is_linear() -> None:
    network = MLP([LATENT], IMAGE, hidden=[])
    (layer,) = network.layers
    assert isinstance(layer, nn.Linear)
    z = torch.randn(3, 4)
    assert torch.equal(network(z), (z @ layer.weight.T + layer.bias).view(3, 1, 8, 8))


def test_what_is_given_is_concatenated_in_order() -> None:
    network = MLP([LATENT, torch.Size([2, 3])], torch.Size([5]), hidden=[])
    (layer,) = network.layers
    z, y = torch.randn(7, 4), torch.randn(7, 2, 3)
    torch.testing.assert_close(network(z, y), layer(torch.cat([z, y.reshape(7, 6)], 1)))


def test_an_unknown_activation() -> None:
    with pytest.raises(UserError, match="network activation 'rleu' is not known"):
        MLP([IMAGE], LATENT, activation="rleu")
