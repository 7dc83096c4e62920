"""Convolutional networks between images and vectors."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.networks.activation import activation_named
from aetrain.networks.given import joined, width
from aetrain.networks.image import halvings, image_shape, more, one_image, require_layers


@final
class ConvEncoder(nn.Module):
    """Convolutions of stride 2 from an image of any size, then a linear layer to any shape.

    Arguments:
        given: shapes of the inputs: one image (C, H, W).
        out: shape of the output.
        channels: channels of the successive layers; each halves height and width, rounding up.
        activation: name of the nonlinearity.

    Raises:
        UserError: where the input is no image, more than one thing is given, or there are no
            channels.
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        channels: Sequence[int] = (32, 64, 128),
        activation: str = "relu",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        depth, rows, columns = one_image(given, "conv")
        require_layers(channels, "conv")
        layers: list[nn.Module] = []
        for depth_in, depth_out in zip([depth, *channels], channels, strict=False):
            layers += [nn.Conv2d(depth_in, depth_out, 3, stride=2, padding=1), nonlinearity()]
        end = (channels[-1], *halvings(rows, columns, len(channels))[-1])
        layers += [nn.Flatten(), nn.Linear(math.prod(end), math.prod(out))]
        self.layers = nn.Sequential(*layers)
        self.out = torch.Size(out)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, C, H, W) to (B, *out)."""
        return self.layers(x).unflatten(1, self.out)


@final
class ConvDecoder(nn.Module):
    """A linear layer, then transposed convolutions of stride 2 up to an image of any size.

    Arguments:
        given: shapes of the inputs: one vector or more, flattened and concatenated.
        out: (C, H, W), or (P, C, H, W) for P parameters of each value.
        channels: channels of the encoder's layers, from the image inwards; used from the last.
        activation: name of the nonlinearity.

    Raises:
        UserError: where the output is no image, or there are no channels.
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        channels: Sequence[int] = (32, 64, 128),
        activation: str = "relu",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        parameters, depth, rows, columns = image_shape(out, "the output", "conv")
        require_layers(channels, "conv")
        *sizes, smallest = halvings(rows, columns, len(channels))
        start = (channels[-1], *smallest)
        layers = [nn.Linear(width(given), math.prod(start)), nonlinearity(), nn.Unflatten(1, start)]
        depths = [*reversed(channels), parameters * depth]
        for i, size in enumerate(reversed(sizes)):
            if i:
                layers.append(nonlinearity())
            layers.append(
                nn.ConvTranspose2d(
                    depths[i], depths[i + 1], 3, 2, padding=1, output_padding=more(size)
                )
            )
        self.layers = nn.Sequential(*layers)
        self.out = torch.Size(out)

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (B, *shape) to (B, *out)."""
        return self.layers(joined(given)).reshape(-1, *self.out)
