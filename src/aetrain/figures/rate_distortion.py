"""Rate against distortion, on the way that a training took."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import (
    BRIEF,
    HAIR,
    INK,
    MARGIN,
    REFERENCE,
    SMALL,
    TEXT,
    TITLE,
    finish,
    place,
    sheet,
    width_of,
)
from aetrain.figures.palette import ACCENT, QUIET

WIDTH, HEIGHT = 430, 330  # pixels
LEFT, BOTTOM = 62, 46
CLEAR = 3  # pixels between a line and its name
LINES = 6  # of equal bound, about


def rate_distortion(path: Tensor, *, title: str) -> Figure:
    """Draw points (N, 2) of distortion and rate, nats per example, from the first to the last.

    On a grey line their sum, which is −ELBO, is the same: the training goes to lower ones, and an
    objective's weight of the rate decides where along a line. Points that are not finite are left
    out; there must be at least one that is.

    References:
        Alemi, Poole, Fischer, Dillon, Saurous, Murphy: Fixing a broken ELBO. 2018.
        https://arxiv.org/abs/1711.00464
    """
    points = path.detach().double().cpu().numpy()
    points = points[np.isfinite(points).all(1)]
    figure = sheet(LEFT + WIDTH + MARGIN, TITLE + HEIGHT + BOTTOM)
    axes = place(figure, LEFT, TITLE, WIDTH, HEIGHT)
    _frame(axes, points)
    _equal_bounds(axes)
    axes.plot(*points.T, color=ACCENT, linewidth=1.2, marker=".", markersize=4, zorder=2)
    axes.plot(*points[:1].T, "o", color="white", markeredgecolor=QUIET, label="first", zorder=3)
    last = f"last: {points[-1, 0]:.2f} + {points[-1, 1]:.2f} = {points[-1].sum():.2f}"
    axes.plot(*points[-1:].T, "o", color=ACCENT, label=last, zorder=4)
    axes.legend(loc="best", frameon=False, fontsize=SMALL, labelcolor=INK)
    finish(figure, title)
    return figure


def _frame(axes: Axes, points: np.ndarray) -> None:
    low, high = points.min(0), points.max(0)
    room = np.maximum(0.08 * (high - low), 1e-3 * np.maximum(1.0, np.abs(high)))
    (left, below), (right, above) = low - room, high + room
    axes.set(xlim=(left, right), ylim=(below, above))
    axes.set_xlabel("distortion, nats", size=TEXT, color=INK, labelpad=4)
    axes.set_ylabel("rate, nats", size=TEXT, color=INK)
    axes.xaxis.set_major_formatter(BRIEF)
    axes.yaxis.set_major_formatter(BRIEF)
    axes.grid(color=HAIR, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)


def _equal_bounds(axes: Axes) -> None:
    """Draw lines of equal sums, named by it where they leave the frame below, if there is room."""
    from matplotlib.ticker import MaxNLocator

    (left, right), (below, above) = axes.get_xlim(), axes.get_ylim()
    for total in MaxNLocator(LINES).tick_values(left + below, right + above):
        axes.plot(
            (left, right), (total - left, total - right), color=REFERENCE, linewidth=0.7,
            linestyle=(0, (4, 3)), zorder=1, scalex=False, scaley=False,
        )  # fmt: skip
        name = f"{total:.4g}"
        room = (right - left) * (width_of(name) + CLEAR) / WIDTH
        if left < total - below < right - room:
            axes.annotate(name, (total - below, below), (2, 3), color=REFERENCE,
                          textcoords="offset points", size=SMALL - 1)  # fmt: skip
    axes.lines[0].set_label("equal sums")
