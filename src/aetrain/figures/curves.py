"""Small multiples of curves: how events that are no images are drawn."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor

from aetrain.figures.canvas import (
    BRIEF,
    FAINT,
    HAIR,
    INK,
    MARGIN,
    SMALL,
    TITLE,
    finish,
    place,
    sheet,
    width_of,
)
from aetrain.figures.palette import ACCENT, QUIET, TEN

MOST = 12
COLUMNS = 4
KEY = 46  # pixels of an entry of the legend beside its name
WIDE, HIGH = 150, 92  # pixels of a panel
ASIDE, BELOW = 10, 16  # between panels; the tick labels of two must not meet
LEFT, BOTTOM = 60, 26  # pixels for tick labels
MARKED = 24  # entries up to which each is marked by a dot
LAST = {"color": ACCENT, "linewidth": 1.3, "markersize": 4.0}
FIRST = {"color": QUIET, "linewidth": 2.6, "markersize": 7.0}  # wide, so that it shows underneath
BETWEEN = {"color": TEN[2], "linewidth": 0.7, "markersize": 3.0}
LOOKS = ((LAST,), (FIRST, LAST), (FIRST, BETWEEN, LAST))


def curves(series: Mapping[str, Tensor], *, title: str) -> Figure:
    """Draw the first 12 events of one, two or three tensors (N, *event), flattened, one panel each.

    The names of `series` make the legend where there are several. All panels share their axes, so
    that heights can be compared; NaN and infinities leave gaps. Where there are more events, the
    title says how many are shown.
    """
    if max(map(len, series.values())) > MOST:
        title += f" ({MOST} shown)"
    rows = {name: _flat(x) for name, x in series.items()}
    count, length = next(iter(rows.values())).shape
    columns = min(COLUMNS, count)
    width = LEFT + columns * (WIDE + ASIDE) - ASIDE + MARGIN
    height = TITLE + math.ceil(count / columns) * (HIGH + BELOW) - BELOW + BOTTOM
    figure = sheet(width, height)
    low, high = _limits(list(rows.values()))
    looks = LOOKS[len(rows) - 1]
    for i in range(count):
        row, column = divmod(i, columns)
        axes = place(
            figure, LEFT + column * (WIDE + ASIDE), TITLE + row * (HIGH + BELOW), WIDE, HIGH
        )
        for values, look in zip(rows.values(), looks):
            axes.plot(values[i], marker="." if length <= MARKED else "", **look)
        _dress(axes, length, low, high, left=column == 0, bottom=i + columns >= count)
    several = list(rows) if len(rows) > 1 else []
    finish(figure, title, beside=sum(width_of(name, SMALL) + KEY for name in several))
    if several:
        _legend(figure, several)
    return figure


def _flat(x: Tensor) -> np.ndarray:
    """Return the first events as rows of an array, what is not finite as NaN."""
    values = x[:MOST].detach().flatten(1).to("cpu", torch.float32)
    return torch.where(values.isfinite(), values, torch.nan).numpy()


def _limits(rows: list[np.ndarray]) -> tuple[float, float]:
    """Return the least and the largest finite value, and a little more."""
    values = np.concatenate([row.ravel() for row in rows])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.5 * max(abs(high), 1.0)
    return low - room, high + room


def _dress(axes: Axes, length: int, low: float, high: float, *, left: bool, bottom: bool) -> None:
    """Label the outer panels only; a line at zero is the one reference inside."""
    axes.set(xlim=(-0.03 * (length - 1) - 0.1, 1.03 * (length - 1) + 0.1), ylim=(low, high))
    axes.locator_params(axis="y", nbins=3)
    axes.yaxis.set_major_formatter(BRIEF)
    axes.set_xticks(ends := sorted({0, length - 1}))
    for label, side in zip(axes.get_xticklabels(), ("left", "right")[: len(ends)]):
        label.set_horizontalalignment(side if len(ends) == 2 else "center")
    axes.tick_params(labelleft=left, labelbottom=bottom)
    if low < 0 < high:
        axes.axhline(0, color=HAIR, linewidth=0.8, zorder=0)


def _legend(figure: Figure, names: list[str]) -> None:
    keys = [Line2D([], [], label=name, **look) for name, look in zip(names, LOOKS[len(names) - 1])]
    width, height = figure.bbox.size
    figure.legend(
        handles=keys, loc="upper right", bbox_to_anchor=(1 - MARGIN / width, 1 - 6 / height),
        ncols=len(keys), frameon=False, fontsize=SMALL, labelcolor=INK, edgecolor=FAINT,
        borderpad=0, borderaxespad=0, handlelength=1.4, columnspacing=1.4,
    )  # fmt: skip
