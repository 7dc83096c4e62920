"""Clean examples, the same with noise, and what a model makes of the noisy ones."""

from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.beside import beside
from aetrain.figures.curves import curves
from aetrain.figures.tiles import is_image


def denoising(clean: Tensor, corrupted: Tensor, denoised: Tensor, *, title: str) -> Figure:
    """Draw three tensors (N, *event), the three of an example one below the other, at most 16.

    Events that are no images become curves of three colours, at most 12. Values below 0 and above
    1, such as Gaussian noise makes them, are shown as black and white.
    """
    series = {"clean": clean, "corrupted": corrupted, "denoised": denoised}
    if not is_image(clean.shape[1:]):
        return curves(series, title=title)
    return beside(series, title=title)
