"""Rows of images, each with its name."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import ASIDE, INK, MARGIN, SMALL, width_of
from aetrain.figures.columns import named_columns
from aetrain.figures.tiles import SEPARATOR, compose

GAP = 2


def named_rows(
    rows: Mapping[str, Tensor],
    *,
    title: str,
    columns: Sequence[str] = (),
    low: float = 0.0,
    high: float = 1.0,
) -> Figure:
    """Draw each of `rows` (N, C, H, W) as one row of images, its name to the left.

    `columns` are names (N,) below the last row; `low` and `high` are the values shown as black and
    white.
    """
    drawn = [
        compose(x, columns=len(x), low=low, high=high, smallest=48, largest=128, gap=GAP)
        for x in rows.values()
    ]
    height, width, channels = drawn[0].shape
    between = np.full((GAP, width, channels), SEPARATOR, np.uint8)
    parts = [part for row in drawn for part in (row, between)][:-1]
    left = MARGIN + ASIDE + max(width_of(name, SMALL) for name in rows)
    picture = np.concatenate(parts)
    figure, axes = named_columns(picture, columns, title=title, gap=GAP, left=left)
    for i, name in enumerate(rows):
        middle = i * (height + GAP) + height / 2
        axes.text(-ASIDE, middle, name, size=SMALL, color=INK, ha="right", va="center")
    return figure
