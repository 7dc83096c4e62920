"""What a model draws when nothing is given."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.columns import named_columns
from aetrain.figures.curves import curves
from aetrain.figures.tiles import GAP, is_image, tiles


def samples(
    x: Tensor,
    *,
    title: str,
    low: float = 0.0,
    high: float = 1.0,
    names: Sequence[str] = (),
) -> Figure:
    """Draw `x` (N, *event): at most 64 images, or at most 12 curves of events that are none.

    `low` and `high` are the values shown as black and white; `names` are those of
    the columns of images, which make a square where there are none.
    """
    if is_image(x.shape[1:]):
        picture = tiles(x, columns=len(names) or None, low=low, high=high)
        return named_columns(picture, names, title=title, gap=GAP)[0]
    return curves({"samples": x}, title=title)
