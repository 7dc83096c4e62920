"""A latent line: one row for each class, as thick as the codes are dense."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from aetrain.figures.canvas import (
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
from aetrain.figures.palette import ACCENT, colours

WIDTH, ROW = 430, 30  # pixels
LEFT, BOTTOM = 24, 44
BINS = 60
GOLDEN = 0.6180339887498949  # its multiples fill an interval evenly


def strip(
    codes: np.ndarray,
    labels: np.ndarray | None,
    classes: Sequence[str],
    *,
    name: str,
    title: str,
    prior: bool,
) -> Figure:
    """Draw finite `codes` (N,) in rows by `labels` (N,), or in one row where those are None.

    Each point is moved off its row's middle by at most its density: a row is a histogram of
    points. Those without a class are left out. `prior` marks one and two standard deviations of
    a standard normal.
    """
    rows = [codes] if labels is None else [codes[labels == k] for k in range(len(classes))]
    row_names = [""] if labels is None else list(classes)
    paint = [ACCENT] if labels is None else colours(len(classes))
    top = TITLE if title else MARGIN
    height = round(ROW * max(len(rows) + 0.7, 4))
    figure = sheet(LEFT + WIDTH + MARGIN, top + height + BOTTOM)
    axes = place(figure, LEFT, top, WIDTH, height)
    for i, (row, colour) in enumerate(zip(rows, paint)):
        axes.scatter(row, i + _offsets(row), s=5, color=colour, alpha=0.7, linewidths=0)
    axes.set_yticks(range(len(rows)), row_names, color=INK, size=SMALL)
    axes.set_ylim(len(rows) - 0.4, -1.1)
    axes.set_xlabel(name, size=TEXT, color=INK, labelpad=4)
    axes.grid(axis="x", color=HAIR, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    for sigma in (-2, -1, 1, 2) if prior else ():
        axes.axvline(sigma, color=REFERENCE, linewidth=0.8, zorder=0.5)
        axes.text(sigma, -0.8, f"{sigma}σ".replace("-", "−"), size=SMALL - 1, color=REFERENCE,
                  ha="center", va="center", backgroundcolor="white")  # fmt: skip
    finish(figure, title)
    return figure


def _offsets(codes: np.ndarray) -> np.ndarray:
    """Return for each code a shift in [-0.4, 0.4], bounded by the density around it."""
    if not len(codes):
        return codes
    counts, edges = np.histogram(codes, BINS)
    counts = np.convolve(counts, (0.25, 0.5, 0.25), "same")
    density = np.interp(codes, (edges[1:] + edges[:-1]) / 2, counts / counts.max())
    spread = np.argsort(np.argsort(codes)) * GOLDEN % 1
    return 0.4 * density * (2 * spread - 1)
