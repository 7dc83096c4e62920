"""A sheet to draw on: a figure that no global state knows of, measured in whole pixels."""

import math
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import StrMethodFormatter
from matplotlib.transforms import Bbox

DPI = 110
INK = "#2b2b2b"  # titles, labels
FAINT = "#8a8a8a"  # ticks, reference lines
HAIR = "#e4e4e4"  # frames, grids
REFERENCE = "#b4b4b4"  # what the prior would do
TEXT, SMALL = 9.0, 8.0  # points
MARGIN = 12  # pixels
TITLE = 34  # pixels above the axes where there is a title
BRIEF = StrMethodFormatter("{x:.4g}")  # ticks: 10000 takes the room that there is, 1e5 no more
ASIDE = 8  # pixels between a picture and the name of a row
EDGE = 6  # pixels, at least, between what is written and the figure's edge


@cache
def width_of(words: str, size: float = TEXT, *, bold: bool = False) -> int:
    """Return how many pixels a line of text takes in a font of `size` points."""
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    return math.ceil(RendererAgg(1, 1, DPI).get_text_width_height_descent(words, font, False)[0])


def shortened(words: str, room: float, size: float) -> str:
    """Return as much of the beginning of `words` as `room` pixels take."""
    while words and width_of(words, size) > room:
        words = words[:-1]
    return words


def sheet(width: int, height: int) -> Figure:
    """Return an empty white figure of exactly `width` by `height` pixels.

    pyplot would keep every figure alive until it is closed; this one goes with its last reference.
    """
    # A thousandth of a pixel more: the canvas truncates, and 449.9999 would lose a row.
    figure = Figure(((width + 1e-3) / DPI, (height + 1e-3) / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def place(figure: Figure, left: int, top: int, width: int, height: int) -> Axes:
    """Return clean axes over exactly these pixels, counted from the figure's upper left corner."""
    whole_width, whole_height = figure.bbox.size
    bottom = whole_height - top - height
    axes = figure.add_axes(
        (left / whole_width, bottom / whole_height, width / whole_width, height / whole_height),
        facecolor="white",
    )
    axes.spines[:].set(color=HAIR, linewidth=0.8)
    axes.tick_params(length=0, pad=4, labelsize=SMALL, colors=FAINT, labelcolor=FAINT)
    return axes


def write_title(figure: Figure, title: str, left: int = MARGIN) -> None:
    """Write `title` at the upper left, `left` pixels from the edge; $ in it is no formula."""
    width, height = figure.bbox.size
    figure.text(left / width, 1 - MARGIN / height, title, size=TEXT, color=INK, va="top",
                weight="bold", parse_math=False)  # fmt: skip


def finish(figure: Figure, title: str, *, beside: int = 0) -> None:
    """Write `title` above the axes, and widen the margins where anything written would be cut.

    The axes keep their size in pixels. What belongs to the figure itself, such as a legend of all
    axes, is added after this; `beside` pixels are kept free for it, to the right of the title.
    """
    written = Bbox.union([box for axes in figure.axes if (box := axes.get_tightbbox())])
    width = figure.bbox.width
    left, below = (max(0, math.ceil(EDGE - low)) for low in written.min)
    right = max(0, math.ceil(written.x1 + EDGE - width))
    start = left + round(min(axes.bbox.x0 for axes in figure.axes))
    wanted = start + width_of(title, bold=True) + beside + MARGIN
    right = max(right, wanted - left - round(width))
    _widen(figure, left, right, below)
    write_title(figure, title, start)


def _widen(figure: Figure, left: int, right: int, below: int) -> None:
    """Add whole pixels to the margins."""
    boxes = [axes.bbox.frozen() for axes in figure.axes]
    width, height = figure.bbox.size
    wide, high = round(width) + left + right, round(height) + below
    figure.set_size_inches((wide + 1e-3) / DPI, (high + 1e-3) / DPI)
    whole = figure.bbox.size
    for axes, box in zip(figure.axes, boxes):
        axes.set_position(Bbox(box.translated(left, below).get_points() / whole))


def mount(
    picture: np.ndarray, *, title: str, left: int = MARGIN, bottom: int = MARGIN
) -> tuple[Figure, Axes]:
    """Show `picture` (H, W, 3 | 1) uint8 one pixel to one pixel, so that no edge is blurred.

    `left` and `bottom` are the margins, in pixels, that the caller needs for labels. The axes
    count pixels from the picture's upper left corner.
    """
    height, width = picture.shape[:2]
    top = TITLE if title else MARGIN
    wanted = width_of(title, bold=True)
    room = max(left + width, MARGIN + wanted) + MARGIN
    figure = sheet(room, top + height + bottom)
    axes = place(figure, left, top, width, height)
    coloured = np.broadcast_to(picture, (height, width, 3))  # a colour map would round once more
    extent = (0, width, height, 0)
    axes.imshow(coloured, interpolation="nearest", aspect="auto", extent=extent)
    axes.autoscale(False)  # what the caller adds must not move the picture
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    write_title(figure, title, left if left + wanted + MARGIN <= room else MARGIN)
    return figure, axes


def pixels(figure: Figure) -> np.ndarray:
    """Return `figure` drawn, as an array (H, W, 3) of uint8."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
