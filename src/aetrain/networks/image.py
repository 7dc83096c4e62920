"""The shapes of images, and of images halved again and again."""

import math
from collections.abc import Sequence

import torch

from aetrain.errors import UserError


def image_shape(
    shape: torch.Size, what: str, network: str, dims: Sequence[int] = (3, 4)
) -> tuple[int, int, int, int]:
    """Return (parameters, channels, height, width) of (C, H, W) or (P, C, H, W).

    Raises:
        UserError: where the shape is no image's.
    """
    if len(shape) not in dims:
        raise UserError(
            f"network={network} needs images (channels, height, width), but {what} has the shape"
            f" {tuple(shape)}: use network=mlp"
        )
    return math.prod(shape[:-3]), *shape[-3:]  # pyright: ignore[reportReturnType]


def one_image(given: Sequence[torch.Size], network: str) -> tuple[int, int, int]:
    """Return (channels, height, width) of the only thing that an encoder is given.

    Raises:
        UserError: where it is no image, or there are several things.
    """
    if len(given) > 1:
        shapes = ", ".join(str(tuple(shape)) for shape in given)
        raise UserError(
            f"network={network} encodes one image, but is given {len(given)} things, of the shapes"
            f" {shapes}: use network=mlp"
        )
    return image_shape(given[0], "the input", network, dims=[3])[1:]


def require_layers(widths: Sequence[int], network: str) -> None:
    """Refuse an empty list of hidden layers.

    Raises:
        UserError: naming the remedy.
    """
    if not widths:
        raise UserError(
            f"network.hidden=[]: network={network} needs a layer at least, such as [32];"
            " for a linear map use network=mlp"
        )


def require_at_least_one(**numbers: int) -> None:
    """Refuse numbers of `network` below 1.

    Raises:
        UserError: naming the first of them.
    """
    for name, value in numbers.items():
        if value < 1:
            raise UserError(f"network.{name}={value}: must be at least 1")


def halvings(rows: int, columns: int, times: int) -> list[tuple[int, int]]:
    """Return the sizes of an image before and after each convolution of stride 2, rounding up."""
    sizes = [(rows, columns)]
    for _ in range(times):
        rows, columns = (rows + 1) // 2, (columns + 1) // 2
        sizes.append((rows, columns))
    return sizes


def halvings_to(rows: int, columns: int, shape: torch.Size) -> int | None:
    """Return how many halvings take an image to the size of a map (..., C, H, W), None if none do.

    A shape of fewer than three dimensions is no map.
    """
    size, times = (rows, columns), 0
    while len(shape) >= 3 and size != tuple(shape[-2:]):
        if size == (1, 1):
            return None
        (size,), times = halvings(*size, 1)[1:], times + 1
    return times if len(shape) >= 3 else None


def more(size: tuple[int, int]) -> tuple[int, int]:
    """Return the output padding with which a transposed convolution of stride 2 reaches a size."""
    # it makes 2n − 1 of n; an axis that was halved from an even length needs one row more
    return 1 - size[0] % 2, 1 - size[1] % 2
