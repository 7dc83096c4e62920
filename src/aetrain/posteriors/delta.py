"""The point-mass posterior of a plain autoencoder."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.delta import Delta as DeltaDistribution
from aetrain.families import Family, full_precision
from aetrain.networks.activation import activation_named


@final
class Delta(Family):
    """z = f(r(x)) with certainty, r the network: the code of a plain autoencoder.

    Arguments:
        event: shape of one code.
        activation: name of f, see `aetrain.networks.activation`.
    """

    has_density = False

    def __init__(self, event: Sequence[int], *, activation: str = "identity") -> None:
        super().__init__(event)
        self.nonlinearity = activation_named(activation)()

    @property
    def parameter_shape(self) -> torch.Size:
        """The code itself."""
        return self.event

    def forward(self, raw: Tensor) -> DeltaDistribution:
        """Return the point mass at f(raw), for raw (..., *event)."""
        return DeltaDistribution(self.nonlinearity(full_precision(raw)), len(self.event))
