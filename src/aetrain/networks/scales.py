"""The sizes of an image between convolutions of stride 2, on the way in and on the way out."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import final

import torch
from torch import nn

from aetrain.networks.image import halvings, more


@final
@dataclass(frozen=True)
class Scales:
    """Channels and sizes of an image before and after each halving of height and width.

    Attributes:
        depths: channels, those of the largest image first.
        sizes: height and width, of the largest image first.
    """

    depths: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, depth: int, rows: int, columns: int, channels: Sequence[int]) -> "Scales":
        """Return the scales of an image (depth, rows, columns) with `channels` after halvings."""
        return cls((depth, *channels), tuple(halvings(rows, columns, len(channels))))

    def inwards(self) -> Iterator[tuple[int, int]]:
        """Yield the channels before and after each halving."""
        return pairwise(self.depths)

    def outwards(self) -> Iterator[tuple[int, int, tuple[int, int]]]:
        """Yield, from the smallest image on, the channels before and after and the size after."""
        for i in reversed(range(len(self.depths) - 1)):
            yield self.depths[i + 1], self.depths[i], self.sizes[i]

    def read(self, out: torch.Size) -> list[nn.Module]:
        """Return layers from the smallest image to (B, *out)."""
        numbers = self.depths[-1] * math.prod(self.sizes[-1])
        return [nn.Flatten(), nn.Linear(numbers, math.prod(out)), nn.Unflatten(1, out)]

    def write(self, numbers: int, times: int = 1) -> list[nn.Module]:
        """Return layers from (B, numbers) to the smallest image, of `times` as many channels."""
        start = (times * self.depths[-1], *self.sizes[-1])
        return [nn.Linear(numbers, math.prod(start)), nn.Unflatten(1, start)]


def shrinking(depth_in: int, depth_out: int) -> nn.Conv2d:
    """Return a convolution that halves height and width, rounding up."""
    return nn.Conv2d(depth_in, depth_out, 3, stride=2, padding=1)


def growing(depth_in: int, depth_out: int, size: tuple[int, int]) -> nn.ConvTranspose2d:
    """Return a transposed convolution that doubles height and width, or one less, up to a size."""
    return nn.ConvTranspose2d(depth_in, depth_out, 3, 2, padding=1, output_padding=more(size))
