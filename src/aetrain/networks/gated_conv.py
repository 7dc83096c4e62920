"""Convolutional networks whose layers are gated."""

import math
from collections.abc import Callable, Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.networks.activation import activation_named
from aetrain.networks.given import joined, width
from aetrain.networks.image import halvings, image_shape, more, one_image, require_layers


@final
class Gated(nn.Module):
    """f(h) ∘ σ(g), where a layer puts out (h, g), one after the other along the channels.

    Arguments:
        layer: puts out (B, 2 C, ...).
        nonlinearity: makes f.

    References:
        Dauphin, Fan, Auli, Grangier: Language modeling with gated convolutional networks. 2017.
        https://arxiv.org/abs/1612.08083
    """

    def __init__(self, layer: nn.Module, nonlinearity: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.layer, self.nonlinearity = layer, nonlinearity()

    def forward(self, x: Tensor) -> Tensor:
        """Map x to (B, C, ...)."""
        h, g = self.layer(x).chunk(2, 1)
        return self.nonlinearity(h) * torch.sigmoid(g)


@final
class GatedConvEncoder(nn.Module):
    """Gated convolutions of stride 2 from an image of any size, then a linear layer to any shape.

    Arguments:
        given: shapes of the inputs: one image (C, H, W).
        out: shape of the output.
        channels: channels of the successive layers; each halves height and width, rounding up.
        activation: name of the nonlinearity f in f(h) ∘ σ(g).

    Raises:
        UserError: where the input is no image, more than one thing is given, or there are no
            channels.

    References:
        Tomczak, Welling: VAE with a VampPrior. 2018. https://arxiv.org/abs/1705.07120
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        channels: Sequence[int] = (32, 64, 64),
        activation: str = "identity",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        depth, rows, columns = one_image(given, "gated_conv")
        require_layers(channels, "gated_conv")
        layers: list[nn.Module] = []
        for depth_in, depth_out in zip([depth, *channels], channels, strict=False):
            conv = nn.Conv2d(depth_in, 2 * depth_out, 3, stride=2, padding=1)
            layers.append(Gated(conv, nonlinearity))
        end = (channels[-1], *halvings(rows, columns, len(channels))[-1])
        layers += [nn.Flatten(), nn.Linear(math.prod(end), math.prod(out))]
        self.layers = nn.Sequential(*layers)
        self.out = torch.Size(out)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, C, H, W) to (B, *out)."""
        return self.layers(x).unflatten(1, self.out)


@final
class GatedConvDecoder(nn.Module):
    """A linear layer, then gated transposed convolutions of stride 2 up to an image of any size.

    The last layer has no gate.

    Arguments:
        given: shapes of the inputs: one vector or more, flattened and concatenated.
        out: (C, H, W), or (P, C, H, W) for P parameters of each value.
        channels: channels of the encoder's layers, from the image inwards; used from the last.
        activation: name of the nonlinearity f in f(h) ∘ σ(g).

    Raises:
        UserError: where the output is no image, or there are no channels.
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        channels: Sequence[int] = (32, 64, 64),
        activation: str = "identity",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        parameters, depth, rows, columns = image_shape(out, "the output", "gated_conv")
        require_layers(channels, "gated_conv")
        *sizes, smallest = halvings(rows, columns, len(channels))
        start = (2 * channels[-1], *smallest)
        linear = nn.Sequential(nn.Linear(width(given), math.prod(start)), nn.Unflatten(1, start))
        layers: list[nn.Module] = [Gated(linear, nonlinearity)]
        depths = [*reversed(channels), parameters * depth]
        for i, size in enumerate(reversed(sizes)):
            last = i + 1 == len(sizes)
            conv = nn.ConvTranspose2d(
                *(depths[i], depths[i + 1] * (1 if last else 2), 3, 2),
                padding=1,
                output_padding=more(size),
            )
            layers.append(conv if last else Gated(conv, nonlinearity))
        self.layers = nn.Sequential(*layers)
        self.out = torch.Size(out)

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (B, *shape) to (B, *out)."""
        return self.layers(joined(given)).reshape(-1, *self.out)
