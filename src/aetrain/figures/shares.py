"""Which share each class has, for several ways of counting."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import (
    HAIR,
    INK,
    MARGIN,
    SMALL,
    TEXT,
    TITLE,
    finish,
    place,
    sheet,
    width_of,
)
from aetrain.figures.palette import QUIET, TEN

WIDTH, HEIGHT = 480, 240  # pixels
LEFT, BOTTOM = 56, 44
MOST_NAMED = 20
ROOM = 1.2  # above the highest bar, for the names


def share_bars(series: Mapping[str, Tensor], classes: Sequence[str], *, title: str) -> Figure:
    """Draw shares (K,) of classes beside one another; the last series, to compare with, is grey."""
    figure = sheet(LEFT + WIDTH + MARGIN, TITLE + HEIGHT + BOTTOM)
    axes = place(figure, LEFT, TITLE, WIDTH, HEIGHT)
    across, width = np.arange(len(classes)), 0.8 / len(series)
    paint = [*TEN[: len(series) - 1], QUIET]
    for i, (name, values) in enumerate(series.items()):
        left = across - 0.4 + i * width
        axes.bar(left, values.numpy(), width, align="edge", color=paint[i], label=name)
    if len(classes) <= MOST_NAMED:
        lie = max(width_of(name, SMALL) for name in classes) < WIDTH / len(classes)
        axes.set_xticks(across, classes, rotation=0 if lie else 90)
    axes.set_xlabel("class", size=TEXT, color=INK, labelpad=4)
    axes.grid(axis="y", color=HAIR, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_ylabel("share", size=TEXT, color=INK)
    axes.set_ylim(0, ROOM * max(float(values.max()) for values in series.values()))
    axes.legend(loc="upper right", ncols=len(series), frameon=False, fontsize=SMALL, labelcolor=INK)
    finish(figure, title)
    return figure
