"""Whether what was written computes what the model does."""

import torch
from torch import Tensor, nn

from aetrain.errors import UserError
from aetrain.exporting.formats import Loaded
from aetrain.exporting.part import Part

LIMIT = 1e-5
HALF_LIMIT = 0.05
"""Of weights in half precision, which another program rounds in other places."""

SIZES = (1, 2, 5)
"""Numbers of examples that are tried: none is that of the trace."""


@torch.no_grad()
def largest_difference(part: Part, found: Loaded) -> float:
    """Return max |a − b| / max(1, |b|) over batches of several sizes, b being the model's.

    Raises:
        UserError: where it is above 1e-5, or 0.05 in half precision.
    """
    differences: list[Tensor] = []
    for size in SIZES:
        given = [example[:size].clone() for example in part.examples]
        wanted = part.module(*given).double()
        difference = (found(*given).double() - wanted).abs() / wanted.abs().clamp_min(1)
        differences.append(difference.max())
    worst = torch.stack(differences).max().item()  # NaN where one of them is
    if not worst <= (limit := _limit(part.module)):
        raise UserError(
            f"the {part.name} was written, but it is {worst:.2g} away from the model's, more than"
            f" {limit:g}: use --format safetensors"
        )
    return worst


def _limit(module: nn.Module) -> float:
    exact = all(p.dtype in (torch.float32, torch.float64) for p in module.parameters())
    return LIMIT if exact else HALF_LIMIT
