"""Several planes of the same points, side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import INK, MARGIN, SMALL, TITLE, finish, place, sheet
from aetrain.figures.plane import keys, name_colours, paint, scatter, shades

SIDE = 290  # pixels
ABOVE = 24  # for a panel's name
COLUMNS = 3


def planes(
    panels: Mapping[str, Tensor],
    labels: Tensor | None,
    *,
    classes: Sequence[str] = (),
    title: str = "",
) -> Figure:
    """Scatter each of `panels` (N, 2) in a square of its own, by `labels` (N,) or by density.

    Every panel is centred and scaled to its own points, the same in both directions, and has no
    numbers: the coordinates of most of these methods mean nothing. Points lie in one mixed order.
    """
    order = torch.randperm(
        len(next(iter(panels.values()))), generator=torch.Generator().manual_seed(0)
    )
    marks = None if labels is None else labels[order].numpy()
    rows, columns = -(-len(panels) // COLUMNS), min(COLUMNS, len(panels))
    top = TITLE if title else MARGIN
    figure = sheet(columns * (SIDE + MARGIN) + MARGIN, top + rows * (SIDE + ABOVE) + MARGIN)
    for i, (name, points) in enumerate(panels.items()):
        row, column = divmod(i, columns)
        left, down = MARGIN + column * (SIDE + MARGIN), top + row * (SIDE + ABOVE) + ABOVE
        axes = place(figure, left, down, SIDE, SIDE)
        _frame(axes, own := points.double().numpy()[order])
        scatter(axes, own, shades(own) if marks is None else paint(marks, len(classes)))
        axes.set_title(name, size=SMALL, color=INK, loc="left", pad=4)
    if marks is not None and (legend := keys(classes)):
        name_colours(figure.axes[columns - 1], legend)
    finish(figure, title)
    return figure


def _frame(axes: Axes, points: np.ndarray) -> None:
    """Set limits that are square around the points and leave out no one; no ticks."""
    low, high = points.min(0), points.max(0)
    centre, half = (low + high) / 2, 0.53 * max(float((high - low).max()), 1e-12)
    axes.set(
        xlim=(centre[0] - half, centre[0] + half),
        ylim=(centre[1] - half, centre[1] + half),
        xticks=[],
        yticks=[],
    )
