"""What went in, and what came out."""

from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.beside import beside
from aetrain.figures.curves import curves
from aetrain.figures.tiles import is_image


def reconstructions(
    x: Tensor,
    reconstructed: Tensor,
    *,
    title: str,
    low: float = 0.0,
    high: float = 1.0,
    names: tuple[str, str] = ("original", "reconstructed"),
) -> Figure:
    """Draw `x` above `reconstructed`, both (N, *event); at most 16 pairs of images.

    Events that are no images become curves, one over the other, at most 12. `low` and `high` are
    the values shown as black and white.

    Raises:
        ValueError: the shapes differ.
    """
    if x.shape != reconstructed.shape:
        raise ValueError(
            f"originals {tuple(x.shape)} and reconstructions {tuple(reconstructed.shape)} differ"
        )
    pair = dict(zip(names, (x, reconstructed)))
    if not is_image(x.shape[1:]):
        return curves(pair, title=title)
    return beside(pair, title=title, low=low, high=high)
