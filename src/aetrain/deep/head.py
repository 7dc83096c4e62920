"""From the last feature map to the parameters of a likelihood."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle

from aetrain.deep.bottleneck import Maker


@final
class Head(nn.Module):
    """φ and a convolution, each of whose places becomes a square of pixels, cut to the image.

    Arguments:
        given: shape of the map, (width, *size).
        out: (C, H, W), or (P, C, H, W) for P parameters of each value.
        halved: how often the image's height and width were halved to come to the map's.
        nonlinearity: makes φ.

    References:
        Shi et al.: Real-time single image and video super-resolution using an efficient sub-pixel
        convolutional neural network. 2016. https://arxiv.org/abs/1609.05158
    """

    def __init__(
        self, given: Sequence[torch.Size], out: torch.Size, *, halved: int, nonlinearity: Maker
    ) -> None:
        super().__init__()
        ((width, _, _),) = given
        self.out, self.factor = out, 2**halved
        wanted = math.prod(out[:-2]) * self.factor**2
        self.layers = nn.Sequential(nonlinearity(), nn.Conv2d(width, wanted, 3, padding=1))

    def forward(self, h: Tensor) -> Tensor:
        """Map (N, width, *size) to (N, *out)."""
        rows, columns = self.out[-2:]
        pixels = pixel_shuffle(self.layers(h), self.factor)
        return pixels[..., :rows, :columns].reshape(-1, *self.out)
