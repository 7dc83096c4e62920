"""A perceptron that decodes with the encoder's own weights."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from aetrain.errors import UserError
from aetrain.networks.activation import activation_named
from aetrain.networks.given import width
from aetrain.networks.layered import Layered
from aetrain.networks.mlp import MLP


@final
class TiedDecoder(Layered):
    """W₁ᵀ f(... f(Wₙᵀ z + b₁) ...) + bₙ with the weights of an encoder Wₙ f(... f(W₁ x + c₁) ...).

    The weights are the encoder's, so a gradient comes from both uses; the biases are its own. Of
    Wₙ it takes the rows that compute the code's mean, which are the first.

    Arguments:
        given: shapes of the inputs: one code.
        out: shape of the data.
        encoder: the encoder's network, an `MLP` of one input.
        activation: name of the nonlinearity f.

    Raises:
        UserError: where the encoder is no `MLP`, more is given than a code, or what is wanted is
            not one number for each value that the encoder reads.

    References:
        Vincent et al.: Stacked denoising autoencoders. 2010.
        https://www.jmlr.org/papers/v11/vincent10a.html
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        encoder: nn.Module | None = None,
        activation: str = "relu",
    ) -> None:
        super().__init__()
        self.nonlinearity = activation_named(activation)()
        layers = _linear_layers(encoder)
        _require_fit(given, out, layers)
        self.code = width(given)
        self.weights = nn.ParameterList(layer.weight for layer in reversed(layers))
        self.biases = nn.ParameterList(torch.zeros(n.in_features) for n in reversed(layers))
        self.out = torch.Size(out)

    def forward(self, z: Tensor) -> Tensor:
        """Map codes (B, *shape) to (B, *out)."""
        x = self.affine(0, z.flatten(1))
        for number in range(1, len(self.weights)):
            x = self.affine(number, self.nonlinearity(x))
        return x.unflatten(1, self.out)

    @property
    def widths(self) -> list[int]:
        """Of the code and of each layer's output."""
        return [self.code, *(len(bias) for bias in self.biases)]

    def affine(self, number: int, h: Tensor) -> Tensor:
        """Return Wᵀ h + b of a layer, (B, width)."""
        weight = self.weights[number]
        return linear(h, (weight if number else weight[: self.code]).T, self.biases[number])

    def parameters_of(self, number: int) -> list[nn.Parameter]:
        """Return a layer's weight, which is the encoder's, and its bias."""
        return [self.weights[number], self.biases[number]]


def _linear_layers(encoder: nn.Module | None) -> list[nn.Linear]:
    if not isinstance(encoder, MLP):
        found = "none" if encoder is None else type(encoder).__name__
        raise UserError(
            f"network=tied decodes with the weights of a perceptron, but the encoder is {found}:"
            " leave network.encoder as it is, or use network=mlp"
        )
    return encoder.linears


def _require_fit(given: Sequence[torch.Size], out: torch.Size, layers: list[nn.Linear]) -> None:
    read, put_out = layers[0].in_features, layers[-1].out_features
    if len(given) > 1 or width(given) > put_out:
        shapes = ", ".join(str(tuple(shape)) for shape in given)
        raise UserError(
            f"network=tied decodes one code of the encoder's, which puts out {put_out} numbers, but"
            f" is given the shapes {shapes}: use network=mlp"
        )
    if math.prod(out) != read:
        raise UserError(
            f"network=tied puts out one number for each of the {read} that the encoder reads, but"
            f" {tuple(out)} are wanted: use a likelihood with one parameter for each value, such"
            " as likelihood=bernoulli, or network=mlp"
        )
