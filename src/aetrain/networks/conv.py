"""Convolutional networks between images and vectors."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.networks.activation import activation_named
from aetrain.networks.given import joined, width
from aetrain.networks.image import image_shape, one_image, require_layers
from aetrain.networks.scales import Scales, growing, shrinking


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
        image = one_image(given, "conv")
        require_layers(channels, "conv")
        scales = Scales.of(*image, channels)
        layers: list[nn.Module] = []
        for depth_in, depth_out in scales.inwards():
            layers += [shrinking(depth_in, depth_out), nonlinearity()]
        self.layers = nn.Sequential(*layers, *scales.read(out))

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, C, H, W) to (B, *out)."""
        return self.layers(x)


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
        scales = Scales.of(parameters * depth, rows, columns, channels)
        layers = scales.write(width(given))
        for depth_in, depth_out, size in scales.outwards():
            layers += [nonlinearity(), growing(depth_in, depth_out, size)]
        self.layers = nn.Sequential(*layers)
        self.out = torch.Size(out)

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (B, *shape) to (B, *out)."""
        return self.layers(joined(given)).reshape(-1, *self.out)
