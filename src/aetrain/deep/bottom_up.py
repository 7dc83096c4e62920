"""The way up of a deep hierarchy: from an image to feature maps of every size."""

from collections.abc import Sequence
from typing import final

from torch import Tensor, nn

from aetrain.deep.bottleneck import Maker, residual
from aetrain.deep.levels import Level


@final
class BottomUp(nn.Module):
    """A convolution to the largest level, residual bottlenecks at each, a convolution to the next.

    Those between are of a size equal to their stride: each place of the smaller map sees its own
    square of the larger one and where in it things are, down to a map of one place.

    Arguments:
        channels: of the image.
        levels: from the largest; each has as many bottlenecks as layers of latents.
        ratio: channels within a bottleneck, as a fraction of those outside.
        nonlinearity: makes φ.
        gain: of each bottleneck's last layer.
    """

    def __init__(
        self,
        channels: int,
        levels: Sequence[Level],
        ratio: float,
        nonlinearity: Maker,
        gain: float,
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList()
        for i, level in enumerate(levels):
            into = _stem(channels, level) if i == 0 else _down(levels[i - 1], level)
            inner = inner_width(level, ratio)
            blocks = [
                residual(level.width, inner, level.size, nonlinearity, gain)
                for _ in range(level.blocks)
            ]
            self.stages.append(nn.Sequential(*into, *blocks))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the feature maps (B, width, *size) of images (B, C, H, W), from the smallest."""
        found = []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found[::-1]


def inner_width(level: Level, ratio: float) -> int:
    """Return the channels within a bottleneck."""
    return max(1, round(level.width * ratio))


def _stem(channels: int, level: Level) -> list[nn.Module]:
    """Return one convolution, of a stride that comes to the largest level's size."""
    stride = 2**level.halved
    size = 3 if stride == 1 else 2 * stride - 1
    return [nn.Conv2d(channels, level.width, size, stride, padding=size // 2)]


def _down(before: Level, level: Level) -> list[nn.Module]:
    stride = 2 ** (level.halved - before.halved)
    below, right = (n * stride - m for n, m in zip(level.size, before.size, strict=True))
    pad = nn.ZeroPad2d((0, right, 0, below))
    return [pad, nn.Conv2d(before.width, level.width, stride, stride)]
