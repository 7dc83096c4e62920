"""Residual convolutional networks between images and vectors."""

from collections.abc import Callable, Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.networks.activation import activation_named
from aetrain.networks.given import joined, width
from aetrain.networks.image import (
    halvings_to,
    image_shape,
    one_image,
    require_at_least_one,
    require_layers,
)
from aetrain.networks.scales import Scales, growing, shrinking

Maker = Callable[[], nn.Module]


@final
class Residual(nn.Module):
    """s(x) + b(x). The branch b ends in a convolution, whose weights begin scaled by `gain`.

    There is no normalisation: with many blocks the gain does what it would do at the start, and
    an example never depends on its batch.

    Arguments:
        shortcut: s.
        branch: layers of b.
        gain: such as 1/√(number of blocks).

    References:
        He, Zhang, Ren, Sun: Identity mappings in deep residual networks. 2016.
        https://arxiv.org/abs/1603.05027
        Child: Very deep VAEs generalize autoregressive models. 2021.
        https://arxiv.org/abs/2011.10650
    """

    def __init__(self, shortcut: nn.Module, branch: Sequence[nn.Module], gain: float) -> None:
        super().__init__()
        self.shortcut, self.branch = shortcut, nn.Sequential(*branch)
        with torch.no_grad():
            branch[-1].weight.mul_(gain)  # pyright: ignore[reportCallIssue]

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to what shortcut and branch agree on."""
        return self.shortcut(x) + self.branch(x)


def _changed(depth_in: int, depth_out: int) -> nn.Module:
    return nn.Identity() if depth_in == depth_out else nn.Conv2d(depth_in, depth_out, 1)


def _same(depth_in: int, depth_out: int, nonlinearity: Maker, gain: float) -> Residual:
    """Return a block that keeps the size."""
    convs = [nn.Conv2d(depth, depth_out, 3, padding=1) for depth in (depth_in, depth_out)]
    branch = [nonlinearity(), convs[0], nonlinearity(), convs[1]]
    return Residual(_changed(depth_in, depth_out), branch, gain)


def _down(depth_in: int, depth_out: int, nonlinearity: Maker, gain: float) -> Residual:
    """Return a block that halves an image, rounding up."""
    shrink = shrinking(depth_in, depth_out)
    conv = nn.Conv2d(depth_out, depth_out, 3, padding=1)
    shortcut = nn.Sequential(nn.AvgPool2d(2, ceil_mode=True), _changed(depth_in, depth_out))
    return Residual(shortcut, [nonlinearity(), shrink, nonlinearity(), conv], gain)


def _up(
    depth_in: int, depth_out: int, size: tuple[int, int], nonlinearity: Maker, gain: float
) -> Residual:
    """Return a block that doubles an image, or one row less, up to a size."""
    conv = nn.Conv2d(depth_in, depth_in, 3, padding=1)
    grow = growing(depth_in, depth_out, size)
    shortcut = nn.Sequential(_changed(depth_in, depth_out), nn.Upsample(size))
    return Residual(shortcut, [nonlinearity(), conv, nonlinearity(), grow], gain)


def _as_many(channels: Sequence[int], times: int) -> list[int]:
    """Return the channels, the last of them again and again where there are more halvings."""
    return [*channels, *[channels[-1]] * (times - len(channels))]


@final
class ResnetEncoder(nn.Module):
    """Residual blocks, some of which halve the image, then a linear layer to any shape.

    An output (..., D, H', W') of the size of the image halved several times is a map: so often is
    the image halved, and the last layer is a convolution of 1x1, so that each place of the map
    sees its part of the image.

    Arguments:
        given: shapes of the inputs: one image (C, H, W) of any size.
        out: shape of the output.
        channels: channels after each halving of height and width, which rounds up; with a map of
            fewer halvings the later ones are of its size, with one of more the last are repeated.
        depth: blocks of each size; the first of them halves.
        activation: name of the nonlinearity.

    Raises:
        UserError: where the input is no image, more than one thing is given, or there are no
            channels or blocks.
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        channels: Sequence[int] = (32, 64, 64),
        depth: int = 1,
        activation: str = "relu",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        colours, rows, columns = one_image(given, "resnet")
        require_layers(channels, "resnet")
        require_at_least_one(depth=depth)
        to_map = halvings_to(rows, columns, out)
        times = len(channels) if to_map is None else to_map
        channels = _as_many(channels, times)
        gain = (depth * len(channels)) ** -0.5
        scales = Scales.of(channels[0], rows, columns, channels)
        layers: list[nn.Module] = [nn.Conv2d(colours, channels[0], 3, padding=1)]
        for i, (before, after) in enumerate(scales.inwards()):
            if i < times:
                layers.append(_down(before, after, nonlinearity, gain))
            else:
                layers.append(_same(before, after, nonlinearity, gain))
            layers += [_same(after, after, nonlinearity, gain) for _ in range(depth - 1)]
        layers.append(nonlinearity())
        if to_map is None:
            layers += scales.read(out)
        else:
            layers.append(nn.Conv2d(channels[-1], out[:-2].numel(), 1))
            layers.append(nn.Unflatten(1, out[:-2]))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, C, H, W) to (B, *out)."""
        return self.layers(x)


@final
class ResnetDecoder(nn.Module):
    """A linear layer, then residual blocks, some of which double the image, to any size.

    Where one map (D, H', W') is given, of the size of the image halved several times, a convolution
    stands for the linear layer, and the map is doubled so often.

    Arguments:
        given: shapes of the inputs: one map, or one vector or more, flattened and concatenated.
        out: (C, H, W), or (P, C, H, W) for P parameters of each value.
        channels: channels of the encoder's sizes, from the image inwards; used from the last.
        depth: blocks of each size; the last of them doubles.
        activation: name of the nonlinearity.

    Raises:
        UserError: where the output is no image, or there are no channels or blocks.
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        channels: Sequence[int] = (32, 64, 64),
        depth: int = 1,
        activation: str = "relu",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        parameters, colours, rows, columns = image_shape(out, "the output", "resnet")
        require_layers(channels, "resnet")
        require_at_least_one(depth=depth)
        map_given = len(given) == 1 and len(given[0]) == 3
        from_map = halvings_to(rows, columns, given[0]) if map_given else None
        times = len(channels) if from_map is None else from_map
        channels = _as_many(channels, times)
        gain = (depth * len(channels)) ** -0.5
        scales = Scales.of(channels[0], rows, columns, channels)
        if from_map is None:
            layers = scales.write(width(given))
        else:
            read = nn.Conv2d(given[0][0], channels[-1], 3, padding=1)
            layers = [nn.Unflatten(1, given[0]), read]
        for i, (before, after, size) in enumerate(scales.outwards()):
            layers += [_same(before, before, nonlinearity, gain) for _ in range(depth - 1)]
            if len(channels) - 1 - i < times:
                layers.append(_up(before, after, size, nonlinearity, gain))
            else:
                layers.append(_same(before, after, nonlinearity, gain))
        layers += [nonlinearity(), nn.Conv2d(channels[0], parameters * colours, 3, padding=1)]
        self.layers = nn.Sequential(*layers)
        self.out = torch.Size(out)

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (B, *shape) to (B, *out)."""
        return self.layers(joined(given)).reshape(-1, *self.out)
