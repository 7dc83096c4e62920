"""Many images in one: an array that any logger, file format or figure takes."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

MOST = 64
SEPARATOR = 255
GAP = 2  # pixels between two
NAN = (230, 0, 126)  # magenta: no grey level comes near it


def is_image(event: torch.Size) -> bool:
    """True for the event shapes (1, H, W) and (3, H, W); others are drawn as curves."""
    return len(event) == 3 and event[0] in (1, 3)


def tiles(
    images: Tensor, *, columns: int | None = None, low: float = 0.0, high: float = 1.0
) -> np.ndarray:
    """Compose the first 64 of `images` (N, C, H, W), C in {1, 3}, to one (H', W', 3 | 1) uint8.

    Rows fill from the upper left; `columns` makes it nearly square where it is not given. Values
    from `low` to `high` become 0 to 255, and those outside are clipped. Images below 48 pixels
    are enlarged by a whole number, those above 256 averaged down by one. NaN is shown in magenta,
    and then the array has three channels.

    Raises:
        ValueError: no images, another number of channels, or an empty range of values.
    """
    images = images[:MOST]
    if columns is None:
        columns = math.ceil(math.sqrt(len(images)))
    return compose(images, columns=columns, low=low, high=high, smallest=48, largest=256, gap=GAP)


def compose(
    images: Tensor,
    *,
    columns: int,
    low: float,
    high: float,
    smallest: int,
    largest: int,
    gap: int,
    shade: int = SEPARATOR,
) -> np.ndarray:
    """Compose all `images`, `gap` pixels of grey `shade` between them, the longer side bounded.

    The tile in row r and column c starts at pixel (r (h + gap), c (w + gap)), for tiles of h by w.
    """
    if images.dim() != 4 or not is_image(images.shape[1:]) or images.numel() == 0:
        raise ValueError(f"tiles need (N, 1 | 3, H, W) with N > 0; got {tuple(images.shape)}")
    if not low < high:
        raise ValueError(f"tiles need low < high; got low={low:g}, high={high:g}")
    levels = (images.detach().to("cpu", torch.float32) - low) / (high - low)
    cells = _to_bytes(_resize(levels, smallest, largest))
    count, height, width, channels = cells.shape
    rows, down, across = math.ceil(count / columns), height + gap, width + gap
    shape = (rows * down - gap, columns * across - gap, channels)
    canvas = np.full(shape, shade, np.uint8)
    for i, cell in enumerate(cells):
        top, left = i // columns * down, i % columns * across
        canvas[top : top + height, left : left + width] = cell
    return canvas


def _resize(images: Tensor, smallest: int, largest: int) -> Tensor:
    """Bring the longer side of (N, C, H, W) to `smallest` or above and `largest` or below."""
    side = max(images.shape[2:])
    if side < smallest:
        factor = math.ceil(smallest / side)
        return images.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    if side > largest:
        return F.avg_pool2d(images, math.ceil(side / largest), ceil_mode=True)
    return images


def _to_bytes(levels: Tensor) -> np.ndarray:
    """Turn (N, C, H, W) floats into (N, H, W, C) bytes, NaN into its colour."""
    missing = levels.isnan().any(1)
    scaled = (levels.clamp(0, 1) * 255).round().nan_to_num(0).to(torch.uint8)
    cells = scaled.permute(0, 2, 3, 1)
    if missing.any():
        cells = cells.expand(-1, -1, -1, 3).clone()
        cells[missing] = torch.tensor(NAN, dtype=torch.uint8)
    return cells.numpy()
