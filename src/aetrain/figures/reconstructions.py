"""What went in, and what came out."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import INK, MARGIN, SMALL, mount, width_of
from aetrain.figures.curves import curves
from aetrain.figures.tiles import SEPARATOR, is_image, tiles

MOST = 16
COLUMNS = 8
WITHIN, BETWEEN = 2, 14  # pixels between the rows of a pair, and between pairs


def reconstructions(
    x: Tensor,
    reconstructed: Tensor,
    *,
    title: str,
    low: float = 0.0,
    high: float = 1.0,
    names: tuple[str, str] = ("original", "reconstructed"),
) -> Figure:
    """Draw `x` above `reconstructed`, both (N, *event); at most 16 pairs of images.

    Events that are no images become curves, one over the other, at most 12. `low` and `high` are
    the values shown as black and white.

    Raises:
        ValueError: the shapes differ.
    """
    if x.shape != reconstructed.shape:
        raise ValueError(
            f"originals {tuple(x.shape)} and reconstructions {tuple(reconstructed.shape)} differ"
        )
    if not is_image(x.shape[1:]):
        return curves(dict(zip(names, (x, reconstructed))), title=title)
    columns = min(COLUMNS, len(x))
    rows = [
        tiles(part, columns=columns, low=low, high=high)
        for pair in zip(x[:MOST].split(columns), reconstructed[:MOST].split(columns))
        for part in pair
    ]
    left = MARGIN + max(map(width_of, names))
    figure, axes = mount(_stack(rows), title=title, left=left)
    _label(axes, names, len(rows[0]), len(rows))
    return figure


def _stack(rows: list[np.ndarray]) -> np.ndarray:
    """Put rows (H, W, 3 | 1) below one another, those of a pair close together."""
    channels = max(row.shape[2] for row in rows)
    width = rows[0].shape[1]
    parts: list[np.ndarray] = []
    for i, row in enumerate(rows):
        gap = (0, BETWEEN, WITHIN)[0 if i == 0 else 1 + i % 2]
        parts.append(np.full((gap, width, channels), SEPARATOR, np.uint8))
        parts.append(np.broadcast_to(row, (*row.shape[:2], channels)))
    return np.concatenate(parts)


def _label(axes: Axes, names: tuple[str, str], height: int, count: int) -> None:
    """Write the two names left of every pair of rows."""
    for i in range(count):
        pair, second = divmod(i, 2)
        top = pair * (2 * height + WITHIN + BETWEEN) + second * (height + WITHIN)
        axes.text(-8, top + height / 2, names[second], size=SMALL, color=INK, ha="right",
                  va="center")  # fmt: skip
