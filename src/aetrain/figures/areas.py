"""Which class the decoder shows where, over the mass of a two-dimensional prior."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import INK, MARGIN, SMALL, TITLE, place, sheet, width_of, write_title
from aetrain.figures.palette import colours
from aetrain.figures.plane import keys

SIDE = 190  # pixels


def class_areas(found: Tensor, sureness: Tensor, classes: Sequence[str], *, title: str) -> Figure:
    """Draw the class at each of n by n equal parts of the prior's mass, the surer the deeper.

    Arguments:
        found: classes (n n,), row by row from the upper left, as `grid.grid_codes` has them.
        sureness: of each, from 0 (white) to 1, (n n,).
        classes: names.
        title: above.
    """
    n = round(len(found) ** 0.5)
    legend = keys(classes)
    room = 38 + max(map(width_of, classes), default=0) if legend else 0
    width = max(MARGIN + SIDE + room, MARGIN + width_of(title)) + MARGIN
    figure = sheet(width, TITLE + SIDE + MARGIN)
    axes = place(figure, MARGIN, TITLE, SIDE, SIDE)
    paint = colours(len(classes))[found.numpy()]
    shade = sureness.clamp(0, 1).double().numpy()[:, None]
    picture = (paint * shade + (1 - shade)).reshape(n, n, 3)
    axes.imshow(picture, interpolation="nearest", aspect="auto")
    axes.set(xticks=[], yticks=[])
    if legend:
        axes.legend(handles=legend, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False,
                    fontsize=SMALL, labelcolor=INK, borderaxespad=0.2, handletextpad=0.1,
                    labelspacing=0.55)  # fmt: skip
    write_title(figure, title)
    return figure
