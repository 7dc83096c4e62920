"""What a model draws when nothing is given."""

from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import mount
from aetrain.figures.curves import curves
from aetrain.figures.tiles import is_image, tiles


def samples(
    x: Tensor,
    *,
    title: str,
    low: float = 0.0,
    high: float = 1.0,
    columns: int | None = None,
) -> Figure:
    """Draw `x` (N, *event): at most 64 images, or at most 12 curves of events that are none.

    `low` and `high` are the values shown as black and white; `columns` of images are as many as
    make a square where it is not given.
    """
    if is_image(x.shape[1:]):
        return mount(tiles(x, columns=columns, low=low, high=high), title=title)[0]
    return curves({"samples": x}, title=title)
