"""The latent plane: where the encoder puts the data, and where the prior would."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from torch import Tensor

from aetrain.figures.apart import apart
from aetrain.figures.canvas import (
    BRIEF,
    FAINT,
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
from aetrain.figures.palette import QUIET, UNUSED, colours
from aetrain.figures.strip import strip

MOST = 10_000  # points; more only hide one another
SIDE = 430  # pixels
GAP, HEIGHT = 4, 14  # pixels between names among the points, and of their lines
LEFT, BOTTOM = 62, 44
PER_COLUMN, COLUMNS = 20, 3  # entries of the legend
DRAWN = "draws of p(z)"
SHORT = 3  # characters of a name that may stand among the points and hide few
NAMED = 30  # classes whose names find room there
HALO = [withStroke(linewidth=2.5, foreground="white")]


def plane(
    codes: Tensor,
    labels: Tensor | None,
    *,
    classes: Sequence[str] = (),
    explained: Tensor | None = None,
    names: Sequence[str] = ("z₀", "z₁"),
    title: str = "",
    prior: bool = True,
    rim: float | None = None,
    drawn: Tensor | None = None,
) -> Figure:
    """Scatter `codes` (N, 2) by `labels` (N,), or by their density where those are None.

    Points are drawn in a mixed order, so that no class lies on top of another; a label outside
    `classes` is grey. `explained` (2,), shares of variance from `project`, names the axes as
    principal components. `prior` draws the circles of one and two standard deviations of a
    standard normal, `rim` the one that all codes lie within, `drawn` (M, 2) draws of another prior,
    grey, beneath the codes. Codes (N, 1) become a strip.
    """
    points, marks = _choose(codes, labels)
    if points.shape[1] == 1:
        return strip(points[:, 0], marks, classes, name=names[0], title=title, prior=prior)
    if explained is not None:
        names = [f"principal component {i + 1} ({share:.0%})" for i, share in enumerate(explained)]
    top = TITLE if title else MARGIN
    named = [] if marks is None else keys(classes)
    beneath = np.empty((0, 2)) if drawn is None else _choose(drawn, None)[0]
    named += [] if drawn is None else [_key(DRAWN, QUIET)]
    figure = sheet(LEFT + SIDE + MARGIN, top + SIDE + BOTTOM)
    axes = place(figure, LEFT, top, SIDE, SIDE)
    _frame(axes, np.concatenate([points, beneath]), names, prior, rim)
    if len(beneath):
        axes.scatter(*beneath.T, s=5, c=QUIET, alpha=0.7, linewidths=0, zorder=1.5)
    scatter(axes, points, shades(points) if marks is None else paint(marks, len(classes)))
    if marks is not None and len(classes) <= NAMED and all(len(n) <= SHORT for n in classes):
        _name(axes, points, marks, classes)
    if named:
        name_colours(axes, named)
    finish(figure, title)
    return figure


def _choose(codes: Tensor, labels: Tensor | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Return at most 10,000 finite codes and their labels, in an order that is mixed but fixed."""
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(codes), generator=generator)
    points = codes.detach().cpu().double()[order]
    chosen = points.isfinite().all(1).nonzero()[:MOST, 0]
    picked = None if labels is None else labels.detach().cpu()[order][chosen].numpy()
    return points[chosen].numpy(), picked


def _frame(
    axes: Axes, points: np.ndarray, names: Sequence[str], prior: bool, rim: float | None
) -> None:
    """Square limits around the points and the prior, its circles, and the names of the axes."""
    reach = max(2.2 if prior else 0.0, rim or 0.0)
    corners = np.concatenate([points, [[-reach, -reach], [reach, reach]]]) if reach else points
    low, high = (corners.min(0), corners.max(0)) if len(corners) else (-np.ones(2), np.ones(2))
    centre = (low + high) / 2
    half = 0.53 * max(float((high - low).max()), 1e-6 * (1 + float(np.abs(centre).max())))
    axes.set(xlim=(centre[0] - half, centre[0] + half), ylim=(centre[1] - half, centre[1] + half))
    axes.set_aspect("equal")
    axes.locator_params(nbins=7)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(BRIEF)
    axes.set_xlabel(names[0], size=TEXT, color=INK, labelpad=4)
    axes.set_ylabel(names[1], size=TEXT, color=INK)
    axes.grid(color=HAIR, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    if prior:
        _circles(axes)
    if rim is not None:
        axes.add_patch(Circle((0, 0), rim, fill=False, zorder=3, color=FAINT, linewidth=0.8))


def _circles(axes: Axes) -> None:
    """Draw one and two standard deviations of a standard normal, thin, over the points."""
    look = {"color": FAINT, "linewidth": 0.8, "alpha": 0.8}
    for sigma in (1, 2):
        axes.add_patch(Circle((0, 0), sigma, fill=False, zorder=3, **look))
        axes.text(0, -sigma, f"{sigma}σ", size=SMALL - 1, color=FAINT, ha="center", va="center",
                  zorder=4, path_effects=HALO)  # fmt: skip


def scatter(axes: Axes, points: np.ndarray, colour: np.ndarray) -> None:
    """Draw the points, the smaller the more there are."""
    size = float(np.clip(12000 / max(len(points), 1), 5, 22))
    axes.scatter(*points.T, s=size, c=colour, alpha=0.8, linewidths=0, zorder=2)


def _name(axes: Axes, points: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> None:
    """Write each class at the median of its points: who cannot see its colour can read it.

    Where these are too near to one another, names stand beside them.
    """
    present = [k for k in range(len(classes)) if (labels == k).any()]
    if not present:
        return
    middles = np.array([np.median(points[labels == k], 0) for k in present])
    sizes = np.array([(width_of(classes[k], TEXT, bold=True) + GAP, HEIGHT) for k in present])
    frame = [np.array(corner) for corner in (axes.bbox.min, axes.bbox.max)]
    pixels = apart(axes.transData.transform(middles), sizes, *frame)
    for k, (right, up) in zip(present, axes.transData.inverted().transform(pixels)):
        axes.text(right, up, classes[k], size=TEXT, weight="bold", color=INK, ha="center",
                  va="center", zorder=5, path_effects=HALO)  # fmt: skip


def paint(labels: np.ndarray, count: int) -> np.ndarray:
    """Return a colour for each label; grey where it names no class (a missing label is -1)."""
    table = np.concatenate([colours(count), [to_rgb(UNUSED)]])
    return table[np.where((labels >= 0) & (labels < count), labels, count)]


def shades(points: np.ndarray) -> np.ndarray:
    """Return for each point the colour of its density, from a histogram of 48 by 48 cells."""
    if not len(points):
        return np.empty((0, 3))
    low, high = points.min(0), points.max(0)
    cell = ((points - low) / np.maximum(high - low, 1e-12) * 47.999).astype(int)
    counts = torch.zeros(48 * 48).index_add_(
        0, torch.from_numpy(cell[:, 0] * 48 + cell[:, 1]), torch.ones(len(cell))
    )
    smooth = torch.nn.functional.avg_pool2d(counts.view(1, 48, 48), 3, 1, 1)[0].numpy()
    density = smooth[tuple(cell.T)]
    return colormaps["viridis"](0.95 * density / density.max())[:, :3]


def name_colours(axes: Axes, entries: Sequence[Line2D]) -> None:
    """Write a legend to the right of the axes."""
    axes.legend(handles=entries, loc="upper left", bbox_to_anchor=(1.01, 1.0),
                ncols=-(-len(entries) // PER_COLUMN), frameon=False, fontsize=SMALL,
                labelcolor=INK, borderaxespad=0.2, handletextpad=0.1, labelspacing=0.55,
                columnspacing=0.8)  # fmt: skip


def keys(classes: Sequence[str]) -> list[Line2D]:
    """Return the legend's entries; none where there would be too many to read."""
    if len(classes) > PER_COLUMN * COLUMNS:
        return []
    return [_key(name, colour) for name, colour in zip(classes, colours(len(classes)))]


def _key(name: str, colour: Any) -> Line2D:
    return Line2D([], [], linestyle="", marker="o", markersize=5.5, color=colour, label=name)
