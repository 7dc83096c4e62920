"""The way up: what each layer is inferred from."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.conditional import Network
from aetrain.networks.activation import activation_named
from aetrain.networks.mlp import MLP


@final
class Ascent(nn.Module):
    """From x a mean and a raw log scale for each layer, one network after another.

    The first network, of the configured kind, reads x; each other the features that the one below
    puts out beside its own layer's numbers, whose means come first. With one layer the first is all
    there is. As a network it gives the top layer's numbers.

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
        nonlinearity = activation_named(activation)
        self.sizes = [[2 * d, w] for d, w in zip(latents[:-1], widths, strict=True)]
        outs = [*(torch.Size((sum(sizes),)) for sizes in self.sizes), out]
        self.first = network(given, outs[0])
        self.bends = nn.ModuleList(nn.Sequential(nn.LayerNorm(w), nonlinearity()) for w in widths)
        self.others = nn.ModuleList(
            MLP([torch.Size((w,))], above, hidden=[w] * (depth - 1), activation=activation)
            for w, above in zip(widths, outs[1:], strict=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return what the top layer is inferred from, (B, 2, D), for x (B, *event)."""
        return self.every(x)[-1]

    def every(self, x: Tensor) -> list[Tensor]:
        """Return (B, 2, D) and features (B, U) of each layer from the data upwards.

        Of the top layer there is but the first.
        """
        out, found = self.first(x), []
        for sizes, bend, network in zip(self.sizes, self.bends, self.others, strict=True):
            raw, features = out.split(sizes, 1)
            features = bend(features)
            found += [raw.unflatten(1, (2, -1)), features]
            out = network(features)
        return [*found, out]
