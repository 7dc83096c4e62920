"""A figure along ways from one end to the other: its mean, and the mean's standard error."""

from collections.abc import Mapping

import torch
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
)
from aetrain.figures.palette import TEN

WIDTH, HEIGHT = 470, 260  # pixels
LEFT, BOTTOM = 62, 44


def along_ways(series: Mapping[str, Tensor], *, title: str, name: str) -> Figure:
    """Draw the mean over ways (P, T) at each step, with a band of one standard error.

    Arguments:
        series: what is walked in -> the figure at each step.
        title: above.
        name: of the figure.
    """
    figure = sheet(LEFT + WIDTH + MARGIN, TITLE + HEIGHT + BOTTOM)
    axes = place(figure, LEFT, TITLE, WIDTH, HEIGHT)
    for colour, (way, values) in zip(TEN, series.items()):
        values = values.double()
        mean, error = values.mean(0), values.std(0) / len(values) ** 0.5
        t = torch.linspace(0, 1, values.shape[1]).numpy()
        axes.plot(t, mean.numpy(), "o-", color=colour, label=way, markersize=3.5, linewidth=1.3)
        low, high = (mean - error).numpy(), (mean + error).numpy()
        axes.fill_between(t, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.grid(color=HAIR, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("share of the way", size=TEXT, color=INK)
    axes.set_ylabel(name, size=TEXT, color=INK)
    axes.legend(frameon=False, fontsize=SMALL, labelcolor=INK)
    finish(figure, title)
    return figure
