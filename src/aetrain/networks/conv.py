"""Convolutional networks between images and vectors."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.errors import UserError
from aetrain.networks.activation import activation_named


def _halved(size: int) -> int:
    """Return the length of an axis after a convolution of stride 2."""
    return (size + 1) // 2


def image_shape(
    shape: torch.Size, what: str, dims: Sequence[int] = (3, 4)
) -> tuple[int, int, int, int]:
    """Return (parameters, channels, height, width) of (C, H, W) or (P, C, H, W).

    Raises:
        UserError: where the shape is no image's.
    """
    if len(shape) not in dims:
        raise UserError(
            f"network=conv needs images (channels, height, width), but {what} has the shape"
            f" {tuple(shape)}: use network=mlp"
        )
    return math.prod(shape[:-3]), *shape[-3:]  # pyright: ignore[reportReturnType]


def _require_layers(channels: Sequence[int]) -> None:
    if not channels:
        raise UserError(
            "network.hidden=[]: network=conv needs a layer at least, such as [32];"
            " for a linear map use network=mlp"
        )


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
        if len(given) > 1:
            shapes = ", ".join(str(tuple(shape)) for shape in given)
            raise UserError(
                f"network=conv encodes one image, but is given {len(given)} things, of the shapes"
                f" {shapes}: use network=mlp"
            )
        _, width, rows, columns = image_shape(given[0], "the input", dims=[3])
        _require_layers(channels)
        layers: list[nn.Module] = []
        for width_out in channels:
            layers += [nn.Conv2d(width, width_out, 3, stride=2, padding=1), nonlinearity()]
            width, rows, columns = width_out, _halved(rows), _halved(columns)
        layers += [nn.Flatten(), nn.Linear(width * rows * columns, math.prod(out))]
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
        parameters, depth, rows, columns = image_shape(out, "the output")
        _require_layers(channels)
        sizes = [(rows, columns)]
        for _ in channels:
            sizes.append((_halved(sizes[-1][0]), _halved(sizes[-1][1])))
        start = (channels[-1], *sizes[-1])
        width = sum(math.prod(shape) for shape in given)
        layers = [nn.Linear(width, math.prod(start)), nonlinearity(), nn.Unflatten(1, start)]
        widths = [*reversed(channels), parameters * depth]
        for i, (small, large) in enumerate(zip(sizes[:0:-1], sizes[-2::-1], strict=True)):
            # an axis that the encoder halved from an even length needs one more row on its way up
            more = (1 - large[0] % 2, 1 - large[1] % 2)
            layers.append(
                nn.ConvTranspose2d(widths[i], widths[i + 1], 3, 2, padding=1, output_padding=more)
            )
            if i + 2 < len(widths):
                layers.append(nonlinearity())
            assert large == tuple(2 * n - 1 + m for n, m in zip(small, more, strict=True))
        self.layers = nn.Sequential(*layers)
        self.out = torch.Size(out)

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (B, *shape) to (B, *out)."""
        x = torch.cat([z.flatten(1) for z in given], 1)
        return self.layers(x).reshape(-1, *self.out)
