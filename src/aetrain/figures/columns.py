"""A picture of tiles whose columns have names."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aetrain.figures.canvas import INK, MARGIN, SMALL, mount, width_of

LINE = 16  # pixels below the tiles, for names that lie
BELOW = 5  # pixels between tiles and names


def named_columns(
    picture: np.ndarray, names: Sequence[str], *, title: str, gap: int, left: int = MARGIN
) -> tuple[Figure, Axes]:
    """Show tiles (H, W, 3 | 1) in as many columns as there are names, which stand below them.

    Names wider than a tile stand upright; without names it is the picture alone. `gap` is that
    between two tiles, `left` the margin, both in pixels.
    """
    if not names:
        return mount(picture, title=title, left=left)
    height, width = picture.shape[:2]
    across = (width + gap) / len(names)
    longest = max(width_of(name, SMALL) for name in names)
    lie = longest <= across - gap
    below = MARGIN + (LINE if lie else longest)
    figure, axes = mount(picture, title=title, left=left, bottom=below)
    for k, name in enumerate(names):
        axes.text((k + 0.5) * across - gap / 2, height + BELOW, name, size=SMALL, color=INK,
                  ha="center", va="top", rotation=0 if lie else 90)  # fmt: skip
    return figure, axes
