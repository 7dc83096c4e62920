"""Codes brought to mean 0 and variance 1."""

from typing import final

import torch
from torch import Tensor, nn
from torch.distributions import AffineTransform, Distribution, TransformedDistribution

LEAST = 1e-6
"""Of a scale: a dimension that never varies stays where it is."""


@final
class Standardise(nn.Module):
    """v = (z − m) / s in each dimension; the identity at first.

    Arguments:
        size: D.
    """

    loc: Tensor
    scale: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("loc", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))

    @torch.no_grad()
    def begin(self, codes: Tensor) -> None:
        """Take m and s from codes (N, D)."""
        codes = codes.double() if codes.device.type != "mps" else codes
        self.loc.copy_(codes.mean(0))
        self.scale.copy_(codes.std(0, correction=0).clamp_min(LEAST))

    def forward(self, codes: Tensor) -> Tensor:
        """Return v, (..., D), for codes (..., D)."""
        return (codes - self.loc) / self.scale

    @property
    def log_volume(self) -> Tensor:
        """Σ log s, (): log p(z) = log p(v) − this."""
        return self.scale.log().sum()

    def undone(self, standard: Distribution) -> Distribution:
        """Return the distribution of z, for that of v."""
        move = AffineTransform(self.loc, self.scale, event_dim=1)
        return TransformedDistribution(standard, [move], validate_args=False)
