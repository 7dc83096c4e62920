"""Rows of images, each with its name."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import INK, MARGIN, SMALL, mount, width_of
from aetrain.figures.tiles import SEPARATOR, compose

GAP = 2


def named_rows(
    rows: Mapping[str, Tensor], *, title: str, low: float = 0.0, high: float = 1.0
) -> Figure:
    """Draw each of `rows` (N, C, H, W) as one row of images, its name to the left.

    `low` and `high` are the values shown as black and white.
    """
    drawn = [
        compose(x, columns=len(x), low=low, high=high, smallest=48, largest=128, gap=GAP)
        for x in rows.values()
    ]
    height, width, channels = drawn[0].shape
    between = np.full((GAP, width, channels), SEPARATOR, np.uint8)
    parts = [part for row in drawn for part in (row, between)][:-1]
    left = MARGIN + max(map(width_of, rows))
    figure, axes = mount(np.concatenate(parts), title=title, left=left)
    for i, name in enumerate(rows):
        middle = i * (height + GAP) + height / 2
        axes.text(-8, middle, name, size=SMALL, color=INK, ha="right", va="center")
    return figure
