"""Numbers that formulas need on a device."""

from functools import cache

import torch
from torch import Tensor


@cache
def constant(values: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return numbers as a tensor, (n,), moved to a device once: each copy waits for the device."""
    with torch.inference_mode(False):  # one that is made there cannot be trained with later
        return torch.tensor(values, dtype=dtype, device=device)
