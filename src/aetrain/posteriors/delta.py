"""The point-mass posterior of a plain autoencoder."""

from typing import final

import torch
from torch import Tensor

from aetrain.distributions.delta import Delta as DeltaDistribution
from aetrain.families import Family, full_precision


@final
class Delta(Family):
    """z = f(x) with certainty: the code of a plain autoencoder."""

    has_density = False

    @property
    def parameter_shape(self) -> torch.Size:
        """The code itself."""
        return self.event

    def forward(self, raw: Tensor) -> DeltaDistribution:
        """Return the point mass at raw (..., *event)."""
        return DeltaDistribution(full_precision(raw), len(self.event))
