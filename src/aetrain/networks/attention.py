"""Networks that see an image as patches, each of which attends to all."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from aetrain.networks.activation import activation_named
from aetrain.networks.given import joined, width
from aetrain.networks.image import image_shape, one_image, require_at_least_one, require_layers
from aetrain.networks.transformer import blocks, require_heads

PLACE_SCALE = 0.02
"""Standard deviation with which the places' learned vectors begin."""


def _places(number: int, width: int) -> nn.Parameter:
    """Return a vector for each place, which tells the patches apart."""
    return nn.Parameter(PLACE_SCALE * torch.randn(number, width))


def _require(widths: Sequence[int], patch: int, heads: int, depth: int) -> None:
    """Raise UserError for sizes that there cannot be."""
    require_layers(widths, "attention")
    require_at_least_one(patch=patch, heads=heads, depth=depth)
    require_heads(heads, widths)


@final
class AttentionEncoder(nn.Module):
    """Patches of an image of any size, blocks of attention between them, a linear layer.

    An image that the patches do not divide is padded with zeros below and on the right.

    Arguments:
        given: shapes of the inputs: one image (C, H, W).
        out: shape of the output.
        widths: numbers of one patch's token, in successive groups of blocks.
        patch: height and width of a patch, in pixels.
        heads: heads of the attention, which divide each width.
        depth: blocks of each width.
        activation: name of the nonlinearity.

    Raises:
        UserError: where the input is no image, more than one thing is given, there are no
            widths, the heads do not divide them, or a number is below 1.

    References:
        Dosovitskiy et al.: An image is worth 16x16 words. 2021. https://arxiv.org/abs/2010.11929
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        widths: Sequence[int] = (64,),
        patch: int = 4,
        heads: int = 4,
        depth: int = 2,
        activation: str = "gelu",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        colours, rows, columns = one_image(given, "attention")
        _require(widths, patch, heads, depth)
        self.padding = (0, -columns % patch, 0, -rows % patch)
        self.embed = nn.Conv2d(colours, widths[0], patch, stride=patch)
        number = math.ceil(rows / patch) * math.ceil(columns / patch)
        self.places = _places(number, widths[0])
        self.blocks = blocks(widths, depth, heads, nonlinearity)
        self.read = nn.Linear(number * widths[-1], math.prod(out))
        self.out = torch.Size(out)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, C, H, W) to (B, *out)."""
        x = pad(x, self.padding) if any(self.padding) else x
        tokens = self.embed(x).flatten(2).transpose(1, 2)
        return self.read(self.blocks(tokens + self.places).flatten(1)).unflatten(1, self.out)


@final
class AttentionDecoder(nn.Module):
    """A linear layer to tokens, blocks of attention between them, a patch of image from each.

    Patches that reach over the image's edge below or on the right are cut off there.

    Arguments:
        given: shapes of the inputs: one vector or more, flattened and concatenated.
        out: (C, H, W), or (P, C, H, W) for P parameters of each value.
        widths: the encoder's widths, from the image inwards; used from the last.
        patch: height and width of a patch, in pixels.
        heads: heads of the attention, which divide each width.
        depth: blocks of each width.
        activation: name of the nonlinearity.

    Raises:
        UserError: where the output is no image, there are no widths, the heads do not divide
            them, or a number is below 1.
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        widths: Sequence[int] = (64,),
        patch: int = 4,
        heads: int = 4,
        depth: int = 2,
        activation: str = "gelu",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        parameters, colours, rows, columns = image_shape(out, "the output", "attention")
        _require(widths, patch, heads, depth)
        grid = (math.ceil(rows / patch), math.ceil(columns / patch))
        self.patches = (*grid, parameters * colours, patch, patch)
        self.size = (rows, columns)
        number = math.prod(grid)
        self.write = nn.Sequential(
            nn.Linear(width(given), number * widths[-1]), nn.Unflatten(1, (number, widths[-1]))
        )
        self.places = _places(number, widths[-1])
        self.blocks = blocks([*reversed(widths)], depth, heads, nonlinearity)
        self.paint = nn.Linear(widths[0], parameters * colours * patch**2)
        self.out = torch.Size(out)

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (B, *shape) to (B, *out)."""
        tokens = self.blocks(self.write(joined(given)) + self.places)
        patches = self.paint(tokens).reshape(-1, *self.patches).permute(0, 3, 1, 4, 2, 5)
        image = patches.flatten(4).flatten(2, 3)
        rows, columns = self.size
        return image[..., :rows, :columns].reshape(-1, *self.out)
