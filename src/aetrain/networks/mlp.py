"""The multilayer perceptron."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import final

import torch
from torch import Tensor, nn

from aetrain.networks.activation import activation_named
from aetrain.networks.given import joined, width
from aetrain.networks.initialisation import initialise
from aetrain.networks.layered import Layered


@final
class MLP(Layered):
    """Fully connected layers between any two shapes; the last layer is linear.

    Arguments:
        given: shapes of the inputs, which are flattened and concatenated.
        out: shape of the output.
        hidden: widths of the hidden layers; none at all makes a linear map.
        activation: name of the nonlinearity, see `aetrain.networks.activation`.
        initialisation: how weights begin, see `aetrain.networks.initialisation`.
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        hidden: Sequence[int] = (500,),
        activation: str = "relu",
        initialisation: str = "torch",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        widths = [width(given), *hidden]
        layers: list[nn.Module] = []
        for width_in, width_out in pairwise(widths):
            layers += [nn.Linear(width_in, width_out), nonlinearity()]
        layers.append(nn.Linear(widths[-1], math.prod(out)))
        self.layers = nn.Sequential(*layers)
        initialise(self.layers, initialisation)
        self.nonlinearity = nonlinearity()
        self.out = torch.Size(out)

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (B, *shape) to (B, *out)."""
        return self.layers(joined(given)).unflatten(1, self.out)

    @property
    def widths(self) -> list[int]:
        """Of the input and of each layer's output."""
        return [self.linears[0].in_features, *(layer.out_features for layer in self.linears)]

    @property
    def linears(self) -> list[nn.Linear]:
        """The layers without their nonlinearities."""
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]

    def affine(self, number: int, h: Tensor) -> Tensor:
        """Return W h + b of a layer, (B, width)."""
        return self.layers[2 * number](h)

    def parameters_of(self, number: int) -> list[nn.Parameter]:
        """Return weight and bias of a layer."""
        return list(self.layers[2 * number].parameters())
