"""Independent vectors as one."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution


@final
class Concatenated(Distribution):
    """p(z) = Π p(zᵢ) for z = (z₁, z₂, ...), vectors one after another.

    Arguments:
        parts: distributions of vectors (Dᵢ,) with one batch shape.
    """

    arg_constraints = {}  # pyright: ignore

    def __init__(self, parts: Sequence[Distribution]) -> None:
        self.parts = list(parts)
        self.sizes = [part.event_shape.numel() for part in parts]
        self.has_rsample = all(part.has_rsample for part in parts)
        size = torch.Size((sum(self.sizes),))
        super().__init__(parts[0].batch_shape, size, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The means, one after another, (*batch, ΣDᵢ)."""
        return torch.cat([part.mean for part in self.parts], -1)

    @property
    def variance(self) -> Tensor:
        """The variances, one after another, (*batch, ΣDᵢ)."""
        return torch.cat([part.variance for part in self.parts], -1)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws with their gradients, (*sample_shape, *batch, ΣDᵢ)."""
        shape = torch.Size(sample_shape)
        return torch.cat([part.rsample(shape) for part in self.parts], -1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws, (*sample_shape, *batch, ΣDᵢ)."""
        shape = torch.Size(sample_shape)
        return torch.cat([part.sample(shape) for part in self.parts], -1).detach()

    def log_prob(self, value: Tensor) -> Tensor:
        """Return Σ log p(zᵢ), of the batch's shape."""
        pieces = value.split(self.sizes, -1)
        each = [part.log_prob(z) for part, z in zip(self.parts, pieces, strict=True)]
        return torch.stack(each).sum(0)
