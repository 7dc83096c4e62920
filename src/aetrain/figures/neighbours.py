"""Queries, each beside what was found for it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import FAINT, INK, SMALL, mount, shortened
from aetrain.figures.tiles import SEPARATOR, compose

GAP, APART = 4, 18  # pixels between tiles, and between the query and the others
BELOW, LINE = 30, 12  # for two lines of text


def neighbours(
    queries: Tensor, found: Tensor, captions: Sequence[Sequence[tuple[str, str]]], *, title: str
) -> Figure:
    """Draw each of `queries` (Q, C, H, W) and to its right what was found, (Q, n, C, H, W).

    `captions` holds for each query 1 + n pairs of lines, for below the pictures: cut off where
    they are wider.
    """
    bands = [_band(query, row) for query, row in zip(queries, found)]
    height, width = bands[0].shape[:2]
    figure, axes = mount(np.concatenate(bands), title=title, bottom=4)
    tile = (width - APART - (found.shape[1] - 1) * GAP) / (1 + found.shape[1])
    for r, row in enumerate(captions):
        for c, lines in enumerate(row):
            left = c * tile + (0 if c == 0 else APART + (c - 1) * GAP)
            for k, (text, colour) in enumerate(zip(lines, (INK, FAINT))):
                top = (r + 1) * height - BELOW + 1 + k * LINE
                shown = shortened(text, tile, SMALL - 1)
                axes.text(left + tile / 2, top, shown, size=SMALL - 1, color=colour,
                          ha="center", va="top")  # fmt: skip
    return figure


def _band(query: Tensor, found: Tensor) -> np.ndarray:
    """Return the query, a space and the others in one row, with room for text below."""
    first, others = _tiles(query[None]), _tiles(found)
    space = np.full((len(first), APART, first.shape[2]), SEPARATOR, np.uint8)
    row = np.concatenate([first, space, others], 1)
    below = np.full((BELOW, *row.shape[1:]), SEPARATOR, np.uint8)
    return np.concatenate([row, below])


def _tiles(x: Tensor) -> np.ndarray:
    return compose(x, columns=len(x), low=0, high=1, smallest=56, largest=128, gap=GAP)
