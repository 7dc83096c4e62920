"""The rate of each latent dimension: which of them carry anything, and how much."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from torch import Tensor

from aetrain.figures.canvas import HAIR, INK, MARGIN, SMALL, TEXT, TITLE, finish, place, sheet
from aetrain.figures.palette import ACCENT, UNUSED

WIDTH, HEIGHT = 470, 250  # pixels
LEFT, BOTTOM = 54, 44
ROOM = 1.15  # above the highest bar, for the names of the colours
NAMED = 24  # dimensions up to which each bar is named


def rate_bars(rate: Tensor, *, active: Tensor | None = None) -> Figure:
    """Draw `rate` (D,), nats per example and latent dimension, the largest first.

    `active` (D,) bool says which dimensions are in use; the others are grey. Without it all are
    drawn alike. The title gives the sum, and the number of those in use.
    """
    values = rate.detach().flatten().to("cpu", torch.float32)
    use = torch.ones_like(values) if active is None else active.detach().flatten().cpu()
    use = use.bool()
    order = values.argsort(descending=True, stable=True)
    title = f"rate {values.sum():.2f} nats"
    if active is not None:
        title += f"  ·  {int(use.sum())} of {len(use)} dimensions active"
    figure = sheet(LEFT + WIDTH + MARGIN, TITLE + HEIGHT + BOTTOM)
    axes = place(figure, LEFT, TITLE, WIDTH, HEIGHT)
    _draw(axes, values[order].nan_to_num(0, 0, 0).numpy(), use[order].numpy())
    _dress(axes, order.tolist(), keys=active is not None)
    finish(figure, title)
    return figure


def _draw(axes: Axes, heights: np.ndarray, use: np.ndarray) -> None:
    """Add all bars as one artist: a thousand single ones would take a second."""
    half = 0.4 if len(heights) <= WIDTH // 6 else 0.5  # no gaps thinner than a pixel
    across = np.arange(len(heights))[:, None] + np.array([-half, -half, half, half])
    up = heights[:, None] * np.array([0, 1, 1, 0])
    colours = np.where(use, ACCENT, UNUSED).tolist()
    bars = PolyCollection(list(np.stack([across, up], -1)), facecolors=colours, linewidths=0)
    axes.add_collection(bars, autolim=False)
    axes.set(xlim=(-0.6, len(heights) - 0.4), ylim=(0, ROOM * heights.max(initial=0) or 1.0))


def _dress(axes: Axes, order: list[int], *, keys: bool) -> None:
    """Name the axes, each bar where there is room, and the two colours where both have sense."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="y", color=HAIR, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_ylabel("rate, nats", size=TEXT, color=INK)
    named = len(order) <= NAMED
    axes.set_xlabel("latent dimension" if named else "rank of the latent dimension", size=TEXT,
                    color=INK, labelpad=4)  # fmt: skip
    if named:
        axes.set_xticks(range(len(order)), [str(i) for i in order])
    if keys:
        handles = [Patch(color=ACCENT, label="active"), Patch(color=UNUSED, label="inactive")]
        axes.legend(handles=handles, loc="upper right", ncols=2, frameon=False, fontsize=SMALL,
                    labelcolor=INK, handlelength=0.9, handleheight=0.9)  # fmt: skip
