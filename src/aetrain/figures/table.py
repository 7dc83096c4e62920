"""A table as a picture."""

from collections.abc import Collection, Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from aetrain.figures.canvas import (
    FAINT,
    HAIR,
    INK,
    MARGIN,
    SMALL,
    TITLE,
    sheet,
    width_of,
    write_title,
)
from aetrain.figures.palette import ACCENT

HEIGHT = 22  # pixels of a row
GAP = 26  # between columns


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    marked: Collection[tuple[int, int]] = (),
    notes: Sequence[str] = (),
    title: str = "",
) -> Figure:
    """Draw words: the first column to the left, the others to the right; `marked` cells stand out.

    Arguments:
        heads: names of the columns.
        rows: as many words each.
        marked: (row, column) of cells, counted from 0.
        notes: below, broken into lines as wide as the table.
        title: above.
    """
    columns = list(zip(heads, *rows))
    widths = [max(width_of(word, SMALL, bold=True) for word in column) for column in columns]
    top = TITLE if title else MARGIN
    width = sum(widths) + GAP * (len(widths) - 1)
    longest = max((width_of(w, SMALL) for note in notes for w in note.split()), default=0)
    width = 2 * MARGIN + max(width, width_of(title, bold=True), longest)
    lines = [line for note in notes for line in _lines(note, width - 2 * MARGIN)]
    below = top + HEIGHT * (len(rows) + 1)
    height = below + HEIGHT * len(lines) + MARGIN
    figure = sheet(width, height)
    for i, line in enumerate([heads, *rows]):
        y = 1 - (top + (i + 0.5) * HEIGHT) / height
        left = MARGIN
        for j, (word, room) in enumerate(zip(line, widths)):
            best = (i - 1, j) in marked
            figure.text(
                (left + (0 if j == 0 else room)) / width, y, word, va="center", size=SMALL,
                ha="left" if j == 0 else "right", weight="bold" if best else "normal",
                color=ACCENT if best else FAINT if i == 0 else INK, parse_math=False,
            )  # fmt: skip
            left += room + GAP
        edge = 1 - (top + (i + 1) * HEIGHT) / height
        ends = [MARGIN / width, 1 - MARGIN / width]
        figure.add_artist(
            Line2D(ends, [edge, edge], color=FAINT if i == 0 else HAIR, linewidth=0.8)
        )
    for i, line in enumerate(lines):
        y = 1 - (below + (i + 0.5) * HEIGHT) / height
        figure.text(MARGIN / width, y, line, va="center", size=SMALL, color=FAINT, parse_math=False)
    write_title(figure, title)
    return figure


def _lines(words: str, room: int) -> list[str]:
    """Return words broken into lines of at most `room` pixels, if no word is wider."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, SMALL) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
