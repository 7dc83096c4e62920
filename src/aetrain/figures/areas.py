"""Which class the decoder shows where, over the mass of a two-dimensional prior."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import MARGIN, TITLE, finish, place, sheet
from aetrain.figures.palette import colours
from aetrain.figures.plane import keys, name_colours

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
    figure = sheet(MARGIN + SIDE + MARGIN, TITLE + SIDE + MARGIN)
    axes = place(figure, MARGIN, TITLE, SIDE, SIDE)
    paint = colours(len(classes))[found.numpy()]
    shade = sureness.clamp(0, 1).double().numpy()[:, None]
    picture = (paint * shade + (1 - shade)).reshape(n, n, 3)
    axes.imshow(picture, interpolation="nearest", aspect="auto")
    axes.set(xticks=[], yticks=[])
    if legend := keys(classes):
        name_colours(axes, legend)
    finish(figure, title)
    return figure
