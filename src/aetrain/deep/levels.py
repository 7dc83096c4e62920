"""The sizes of image at which a deep hierarchy has latents."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from aetrain.errors import UserError
from aetrain.networks.image import halvings


@dataclass(frozen=True)
class Level:
    """One size of image.

    Attributes:
        size: height and width.
        halved: how often the data's height and width were halved to come to it, rounding up.
        blocks: layers of latents.
        width: channels.
    """

    size: tuple[int, int]
    halved: int
    blocks: int
    width: int


def levels(event: torch.Size, blocks: Sequence[int], width: int | Sequence[int]) -> list[Level]:
    """Return the levels that have latents, from the largest.

    Arguments:
        event: (C, H, W), of any size.
        blocks: layers of latents of the data's own size, of half of it, of a quarter, ...; 0 leaves
            a size out.
        width: channels of all levels, or of each size, as `blocks`.

    Raises:
        UserError: where the event is no image, it cannot be halved so often, or there is no layer.
    """
    if len(event) != 3:
        raise UserError(
            "model=deep_hvae needs images (channels, height, width), but the data have the shape"
            f" {tuple(event)}: use model=vae"
        )
    sizes = halvings(event[1], event[2], len(blocks) - 1 if blocks else 0)
    most = next((n + 1 for n, size in enumerate(sizes) if size == (1, 1)), len(sizes))
    if len(blocks) > most:
        shown = ", ".join(f"{rows}x{columns}" for rows, columns in sizes[:most])
        raise UserError(
            f"model.blocks={list(blocks)}: must be at most {most} numbers, as these data halve to"
            f" {shown}"
        )
    if min(blocks, default=0) < 0 or not any(blocks):
        raise UserError(
            f"model.blocks={list(blocks)}: must be numbers from 0, and one of them at least 1"
        )
    widths = [width] * len(blocks) if isinstance(width, int) else list(width)
    if len(widths) != len(blocks) or min(widths) < 1:
        raise UserError(
            f"model.width={width}: must be one number from 1, or {len(blocks)}, as model.blocks has"
        )
    found = zip(sizes, blocks, widths, strict=True)
    return [Level(size, n, b, w) for n, (size, b, w) in enumerate(found) if b]
