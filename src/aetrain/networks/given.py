"""What a network is given, as one vector."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def width(given: Sequence[torch.Size]) -> int:
    """Return the number of values in tensors of these shapes."""
    return sum(math.prod(shape) for shape in given)


def joined(given: Sequence[Tensor]) -> Tensor:
    """Return tensors (B, *shape), flattened and concatenated, (B, width)."""
    flat = [x.flatten(1) for x in given]
    return flat[0] if len(flat) == 1 else torch.cat(flat, 1)
