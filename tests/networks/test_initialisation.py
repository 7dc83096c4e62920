"""How weights begin, against the formulas."""

import math

import pytest
import torch
from torch import nn

from aetrain.errors import UserError
from aetrain.networks.initialisation import INITIALISATIONS, initialise
from aetrain.networks.mlp import MLP

N, H, M = 300, 500, 7
STANDARD_DEVIATIONS = {
    "torch": lambda n, _: 1 / math.sqrt(3 * n),
    "glorot": lambda n, m: math.sqrt(2 / (n + m)),
    "he": lambda n, _: math.sqrt(2 / n),
}


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_the_spread_of_weights_and_biases(name: str) -> None:
    network = MLP([torch.Size((N,))], torch.Size((M,)), hidden=(H,), initialisation=name)
    for layer, (n, m) in zip(network.linears, [(N, H), (H, M)], strict=True):
        expected = STANDARD_DEVIATIONS[name](n, m)
        assert layer.weight.std().item() == pytest.approx(expected, rel=0.05)
        assert layer.bias.any() == (name == "torch")


def test_layers_without_biases_and_an_unknown_name() -> None:
    layer = nn.Linear(3, 2, bias=False)
    initialise(layer, "he")
    with pytest.raises(UserError, match=r"'glorott' is not known: choose from torch, glorot, he"):
        initialise(layer, "glorott")
