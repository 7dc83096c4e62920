"""How far codes spread along each of their principal axes."""

from collections.abc import Mapping

from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from torch import Tensor

from aetrain.figures.canvas import (
    BRIEF,
    FAINT,
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
)
from aetrain.figures.palette import TEN

DIGITS = {10: range(2, 10), 1000: (2, 5)}
"""The largest quotient of an axis' ends -> the digits that are named beside powers of ten."""
WIDTH, HEIGHT = 430, 260  # pixels
LEFT, BOTTOM = 70, 44
MOST_TICKS = 12


def spectrum(deviations: Mapping[str, Tensor], *, title: str) -> Figure:
    """Draw standard deviations (D,) along principal axes, the largest first, on a log scale.

    The grey line is 1, the prior's. What is 0 is left out.
    """
    figure = sheet(LEFT + WIDTH + MARGIN, TITLE + HEIGHT + BOTTOM)
    axes = place(figure, LEFT, TITLE, WIDTH, HEIGHT)
    axes.axhline(1, color=REFERENCE, linewidth=1)
    most = 1
    for colour, (name, values) in zip(TEN, deviations.items()):
        ranked = values.detach().double().cpu().sort(descending=True).values
        ranked = ranked[ranked > 0]
        most = max(most, len(ranked))
        axes.plot(range(1, len(ranked) + 1), ranked.numpy(), "o-", color=colour, label=name,
                  markersize=4, linewidth=1.3)  # fmt: skip
    axes.set_yscale("log")
    _name_levels(axes.yaxis)
    axes.tick_params(which="both", length=0, labelsize=SMALL, labelcolor=FAINT)
    axes.set_xlim(0.6, most + 0.4)
    axes.set_xticks(range(1, most + 1, max(1, most // MOST_TICKS)))
    axes.grid(axis="y", color=HAIR, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("principal axis", size=TEXT, color=INK)
    axes.set_ylabel("standard deviation", size=TEXT, color=INK)
    axes.legend(frameon=False, fontsize=SMALL, labelcolor=INK)
    finish(figure, title)
    return figure


def _name_levels(axis: Axis) -> None:
    """Name powers of ten and, where there is room, numbers between them."""
    low, high = axis.get_view_interval()
    subs = next((subs for most, subs in DIGITS.items() if high <= most * low), ())
    axis.set_minor_locator(LogLocator(subs=subs) if subs else NullLocator())
    axis.set_major_formatter(BRIEF)
    axis.set_minor_formatter(BRIEF)
