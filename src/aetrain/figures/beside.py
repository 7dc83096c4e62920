"""Examples and what was made of each of them, one below the other."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import ASIDE, INK, MARGIN, SMALL, mount, width_of
from aetrain.figures.tiles import SEPARATOR, tiles

MOST = 16
COLUMNS = 8
WITHIN, BETWEEN = 2, 14  # pixels between the rows of a group, and between groups


def beside(
    series: Mapping[str, Tensor], *, title: str, low: float = 0.0, high: float = 1.0
) -> Figure:
    """Draw the first 16 images of each tensor (N, C, H, W), those of one place below one another.

    The names of `series` stand left of every row. `low` and `high` are shown as black and white.
    """
    names, parts = list(series), [x[:MOST].split(COLUMNS) for x in series.values()]
    columns = min(COLUMNS, len(parts[0][0]))
    rows = [
        tiles(part, columns=columns, low=low, high=high) for group in zip(*parts) for part in group
    ]
    left = MARGIN + ASIDE + max(width_of(name, SMALL) for name in names)
    figure, axes = mount(_stack(rows, len(names)), title=title, left=left)
    _label(axes, names, len(rows[0]), len(rows))
    return figure


def _stack(rows: list[np.ndarray], group: int) -> np.ndarray:
    """Put rows (H, W, 3 | 1) below one another, those of a group close together."""
    channels = max(row.shape[2] for row in rows)
    width = rows[0].shape[1]
    parts: list[np.ndarray] = []
    for i, row in enumerate(rows):
        gap = 0 if i == 0 else WITHIN if i % group else BETWEEN
        parts.append(np.full((gap, width, channels), SEPARATOR, np.uint8))
        parts.append(np.broadcast_to(row, (*row.shape[:2], channels)))
    return np.concatenate(parts)


def _label(axes: Axes, names: Sequence[str], height: int, count: int) -> None:
    """Write the names left of the rows of every group."""
    group = len(names) * (height + WITHIN) - WITHIN + BETWEEN
    for i in range(count):
        above, place = divmod(i, len(names))
        top = above * group + place * (height + WITHIN)
        axes.text(-ASIDE, top + height / 2, names[place], size=SMALL, color=INK, ha="right",
                  va="center")  # fmt: skip
