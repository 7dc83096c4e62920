"""2-D sprites whose factors are known: nothing is downloaded, every image is rendered."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from aetrain.data.sprite_shapes import SHAPES
from aetrain.data.table import Factors, Memory, Splits
from aetrain.data.view import ROWS_AT_ONCE
from aetrain.errors import UserError
from aetrain.values import BINARY

FACTORS = ("shape", "scale", "rotation", "x", "y")
REACH = 0.25
"""Radius of the circle around a sprite of scale 1, as a part of the image."""


@final
@dataclass(frozen=True)
class Rendered:
    """A table of sprites that are rendered when they are read, 0 or 1 as uint8, (B, 1, H, H).

    Arguments:
        size: H.
        factors: places of the values of shape, scale, rotation, x and y, (N, 5) int64.
        scales: their values, as parts of the largest.
        rotations: in radians, clockwise.
        positions: of the centre, from left to right and from top to bottom, as parts of H.
    """

    size: int
    factors: Tensor
    scales: Tensor
    rotations: Tensor
    positions: Tensor

    @property
    def event(self) -> torch.Size:
        """The shape of one example."""
        return torch.Size((1, self.size, self.size))

    @property
    def y(self) -> Tensor:
        """The shapes."""
        return self.factors[:, 0]

    def __len__(self) -> int:
        return len(self.factors)

    def read(self, indices: Tensor) -> Tensor:
        """Return images (B, 1, H, H): a pixel is 1 where its centre is inside the sprite."""
        shape, scale, rotation, x, y = self.factors.index_select(0, indices).unbind(1)
        pixels = (_places(self.size) + 0.5) / self.size
        radius = (REACH * self.scales[scale])[:, None, None]
        across = (pixels - self.positions[x][:, None])[:, None, :] / radius
        down = (pixels - self.positions[y][:, None])[:, :, None] / radius
        angle = self.rotations[rotation][:, None, None]
        cos, sin = angle.cos(), angle.sin()
        u, v = cos * across + sin * down, cos * down - sin * across
        image = torch.empty(u.shape, dtype=torch.uint8)
        for code, inside in enumerate(SHAPES.values()):
            rows = (shape == code).nonzero().squeeze(1)
            image[rows] = inside(u[rows], v[rows]).to(torch.uint8)
        return image.unsqueeze(1)

    def held(self) -> Memory:
        """Return all images as one tensor."""
        x = torch.empty((len(self), *self.event), dtype=torch.uint8)
        for rows in torch.arange(len(self)).split(ROWS_AT_ONCE):
            x[rows] = self.read(rows)
        return Memory(x, self.y)


@final
class Sprites:
    """White shapes on black, one of each combination of five factors; the label is the shape.

    Example n has the factors (shape, scale, rotation, x, y) of n written in the mixed base of their
    numbers of values, y fastest. Sprites of the largest scale reach a quarter of the image from
    their centre, and none is cut off. `size=64, scales=6, rotations=40, positions=32, turn=360`
    are the numbers of dSprites, 737,280 images. A square is alike after a quarter turn and an
    ellipse after half a turn: only up to `turn=90` can an image tell its rotation, and differ from
    all others. At 64 pixels all do; at 32, 58 of the 12,000 are small squares that fall on the
    pixels of another.

    Arguments:
        size: height and width in pixels.
        shapes: how many of square, ellipse and heart.
        scales: number of scales, evenly from a half to 1.
        rotations: number of rotations, evenly from 0 up to, but without, `turn`.
        positions: number of places of the centre across, and of those down, evenly from a quarter
            to three quarters of the image.
        turn: degrees over which the rotations are spread.
        memory_limit: up to so many bytes the images are rendered once and held in memory; beyond,
            they are rendered whenever they are read.

    Raises:
        UserError: for numbers out of range.

    References:
        Matthey, Higgins, Hassabis, Lerchner: dSprites, disentanglement testing sprites dataset.
        2017. https://github.com/google-deepmind/dsprites-dataset
    """

    raw = BINARY

    def __init__(
        self,
        size: int = 32,
        shapes: int = 3,
        scales: int = 4,
        rotations: int = 10,
        positions: int = 10,
        turn: float = 90.0,
        memory_limit: int = 2 * 2**30,
    ) -> None:
        counts = {"shapes": shapes, "scales": scales, "rotations": rotations}
        _check_counts({"size": size, **counts, "positions": positions}, least={"size": 8})
        if shapes > len(SHAPES):
            raise UserError(f"dataset.shapes={shapes}: must be at most {len(SHAPES)}")
        if not 0 < turn <= 360:
            raise UserError(f"dataset.turn={turn}: must be above 0 and at most 360 degrees")
        self.size = size
        self.counts = (*counts.values(), positions, positions)
        self.turn = turn
        self.event = torch.Size((1, size, size))
        self.memory_limit = memory_limit

    def load(self) -> Splits:
        """Return one table of all images, in memory or rendered; the caller splits it."""
        shapes, scales, rotations, positions, _ = self.counts
        table = Rendered(
            self.size,
            torch.cartesian_prod(*map(torch.arange, self.counts)),
            scales=_evenly(0.5, 1.0, scales, single=1.0),
            rotations=_places(rotations) * (math.radians(self.turn) / rotations),
            positions=_evenly(0.25, 0.75, positions, single=0.5),
        )
        return Splits(
            table.held() if self._bytes() <= self.memory_limit else table,
            raw=self.raw,
            classes=list(SHAPES)[:shapes],
            factors=Factors.varying(table.factors, FACTORS),
        )

    def _bytes(self) -> int:
        return math.prod(self.counts) * self.event.numel()


def _evenly(low: float, high: float, number: int, *, single: float) -> Tensor:
    """Return so many values from `low` to `high`, (number,); a single one is `single`."""
    if number == 1:
        return torch.full((1,), single, dtype=torch.float32)
    return low + (high - low) / (number - 1) * _places(number)


def _places(number: int) -> Tensor:
    """Return 0, 1, 2 ...: in float32, whatever the default, so that the images are always alike."""
    return torch.arange(number, dtype=torch.float32)


def _check_counts(counts: Mapping[str, int], least: Mapping[str, int]) -> None:
    for name, number in counts.items():
        if number < (smallest := least.get(name, 1)):
            raise UserError(f"dataset.{name}={number}: must be at least {smallest}")
