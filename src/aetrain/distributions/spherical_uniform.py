"""The uniform distribution on the unit sphere."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution


def log_area(dimensions: int) -> float:
    """Return log (2 π^(D/2) / Γ(D/2)), of the surface of the unit sphere in D dimensions."""
    half = dimensions / 2
    return math.log(2) + half * math.log(math.pi) - math.lgamma(half)


@final
class SphericalUniform(Distribution):
    """All vectors of length 1 alike: log p(z) = −log (2 π^(D/2) / Γ(D/2)).

    The density is with respect to area, and not checked to be asked for on the sphere alone.

    Arguments:
        zero: zeros, (*batch, D), which give shape, type and device.
    """

    has_rsample = True
    arg_constraints = {}  # pyright: ignore

    def __init__(self, zero: Tensor) -> None:
        self.zero = zero
        super().__init__(zero.shape[:-1], zero.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The centre of the sphere, which is not on it."""
        return self.zero

    @property
    def variance(self) -> Tensor:
        """1 / D, of each coordinate."""
        return self.zero + 1 / self.zero.shape[-1]

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, D)."""
        shape = (*sample_shape, *self.zero.shape)
        z = torch.randn(shape, dtype=self.zero.dtype, device=self.zero.device)
        return z / z.norm(dim=-1, keepdim=True)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return −log area, (..., *batch), for values (..., *batch, D)."""
        batch = torch.broadcast_shapes(value.shape[:-1], self.batch_shape)
        return value.new_full(batch, -log_area(self.zero.shape[-1]))
