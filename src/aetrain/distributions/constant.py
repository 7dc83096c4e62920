"""Numbers that formulas need on a device."""

import torch
from torch import Tensor

_kept: dict[tuple[tuple[float, ...], torch.dtype, torch.device], Tensor] = {}


def constant(values: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return numbers as a tensor, (n,), moved to a GPU once: each copy would wait for it."""
    key = values, dtype, device
    if key in _kept:
        return _kept[key]
    with torch.inference_mode(False):  # one that is made there cannot be trained with later
        made = torch.tensor(values, dtype=dtype, device=device)
    # the stand-ins of an export are not to be met afterwards
    if device.type == "cuda" and type(made) is Tensor:
        _kept[key] = made
    return made
