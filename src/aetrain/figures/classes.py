"""A sheet of styles and classes: a row is one style, a column one class."""

from collections.abc import Sequence
from itertools import islice

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.columns import named_columns
from aetrain.figures.curves import curves
from aetrain.figures.tiles import compose, is_image

GAP = 2
MOST_CURVES = 3


def classes(
    x: Tensor,
    *,
    title: str,
    names: Sequence[str],
    examples: Tensor | None = None,
    low: float = 0.0,
    high: float = 1.0,
) -> Figure:
    """Draw each style under each class; of events that are no images, curves of three of these.

    Arguments:
        x: (N, K, *event).
        title: above it.
        names: of the K classes, written below the columns.
        examples: what the styles are of, (N, *event), to the left of them.
        low: the value that is black.
        high: the value that is white.
    """
    if not is_image(x.shape[2:]):
        every = {} if examples is None else {"example": examples}
        every |= {name: x[:, k] for k, name in enumerate(names)}
        return curves(dict(islice(every.items(), MOST_CURVES)), title=title)
    heads = list(names)
    if examples is not None:
        x, heads = torch.cat([examples.unsqueeze(1), x], 1), ["given", *heads]
    columns = x.shape[1]
    picture = compose(
        x.flatten(0, 1), columns=columns, low=low, high=high, smallest=48, largest=128, gap=GAP
    )
    return named_columns(picture, heads, title=title, gap=GAP)[0]
