"""The way up: what each layer is inferred from."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, final

import torch
from torch import Tensor, nn

from aetrain.conditional import Network
from aetrain.families import full_precision
from aetrain.networks.activation import activation_named
from aetrain.networks.mlp import MLP

GAIN = 2.0
"""What the first means are multiplied by: as they are drawn, they would drown in the noise."""


@final
class Ascent(nn.Module):
    """From x a mean and a raw log scale for each layer, one network after another.

    The first network, of the configured kind, reads x, and each other the features below it;
    a layer's mean and log scale are a linear map of its features, which are normalised. The top
    layer's are put out by the last network itself: with one layer the first is all there is. As a
    network the whole gives what the top layer is inferred from.

    Arguments:
        given: shapes of the inputs: one x.
        out: (2, D) of the top layer.
        network: makes the first network.
        latents: sizes of all layers, from the data upwards.
        widths: sizes of the features between two layers, from the data upwards.
        depth: hidden layers between two layers, the features included.
        activation: name of their nonlinearity.
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        network: Network,
        latents: Sequence[int],
        widths: Sequence[int],
        depth: int = 2,
        activation: str = "leaky_relu",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation, "model.activation")
        sizes = [torch.Size((w,)) for w in widths]
        self.first = network(given, [*sizes, out][0])
        self.bends = nn.ModuleList(nn.Sequential(nn.LayerNorm(w), nonlinearity()) for w in widths)
        self.heads = nn.ModuleList(
            _louder(MLP([size], torch.Size((2, d)), hidden=()))
            for size, d in zip(sizes, latents[:-1], strict=True)
        )
        self.others = nn.ModuleList(
            MLP([below], above, hidden=[*below] * (depth - 1), activation=activation)
            for below, above in pairwise([*sizes, out])
        )
        for top in self.others[-1:]:
            _louder(top)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the top layer is inferred from, (B, 2, D), for x (B, *event)."""
        return self.every(x)[-1]

    def every(self, x: Tensor) -> list[Tensor]:
        """Return (B, 2, D) and features (B, U) of each layer from the data upwards.

        Of the top layer there is but the first.
        """
        # under half precision this network's weights are, and the layers' are not
        out, found = self.first(x.to(next(self.parameters()).dtype)), []
        for bend, head, network in zip(self.bends, self.heads, self.others, strict=True):
            features = bend(out)
            found += [head(features), features]
            out = network(features)
        return [full_precision(evidence) for evidence in (*found, out)]


@torch.no_grad()
def _louder(network: Any) -> nn.Module:
    """Multiply the rows of the last layer that give means, (D, ...) of (2 D, ...)."""
    weight = network.layers[-1].weight
    weight[: len(weight) // 2] *= GAIN
    return network
