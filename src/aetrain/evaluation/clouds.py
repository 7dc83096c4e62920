"""Two sets of points that a whole evaluation gathers before they are compared."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from aetrain.evaluation.discrepancy import discrepancy

ROWS = 500
"""Points that are compared at a time."""
VALUES = 400_000
"""Values that are kept of one block: ROWS of images of 28x28, fewer of larger ones."""
LEAST = 50


class Clouds(NamedTuple):
    """What a batch adds to two sets whose discrepancy is a figure: (B, *shape) each."""

    draws: Tensor
    reference: Tensor

    def on_cpu(self) -> "Clouds":
        """Return them where other processes can be given them."""
        return Clouds(self.draws.cpu(), self.reference.cpu())

    def thinned(self) -> "Clouds":
        """Return as many of the points, evenly spaced, as there is room for."""
        points, most = len(self.draws), max(LEAST, VALUES // max(1, self.draws[0].numel()))
        if points <= most:
            return self
        rows = torch.arange(most, device=self.draws.device) * points // most
        return Clouds(self.draws[rows], self.reference[rows])


@torch.no_grad()
def gathered_discrepancy(clouds: Sequence[Clouds]) -> tuple[Tensor, Tensor]:
    """Return the sum over points of the MMD² of parts of mixed points, and how many points, ().

    The points of one batch are often alike, as those of a file that goes from class to class: an
    MMD² of each batch would be that of its class. The order of mixing is always the same.
    """
    draws, reference = (torch.cat(list(side)).float() for side in zip(*clouds, strict=True))
    order = torch.randperm(len(draws), generator=torch.Generator().manual_seed(0))
    parts = order.to(draws.device).chunk(-(-len(draws) // ROWS))
    found = [discrepancy(draws[rows], reference[rows]).sum() for rows in parts]
    return torch.stack(found).sum(), torch.tensor(float(len(draws)))
