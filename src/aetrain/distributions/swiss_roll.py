"""The Swiss roll in the plane."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.errors import UserError


@final
class SwissRoll(Distribution):
    """z = R w (cos 2πTw, sin 2πTw) + s ε with w = √u, u ~ U(0, 1), ε ~ N(0, I): a noisy spiral.

    The root spreads the points over the curve nearly evenly, since a piece dw of the spiral is of
    a length that grows as w. The density is an integral without a closed form.

    Arguments:
        zero: zeros, (2,), which give type and device.
        radius: R, the distance of the outer end from the origin.
        turns: T.
        noise: s, a standard deviation.
    """

    arg_constraints = {}  # pyright: ignore
    has_rsample = True

    def __init__(self, zero: Tensor, radius: float, turns: float, noise: float) -> None:
        self.zero, self.radius, self.turns, self.noise = zero, radius, turns, noise
        super().__init__(torch.Size(), zero.shape, validate_args=False)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, 2)."""
        shape = torch.Size(sample_shape)
        return self.at(torch.rand(shape, dtype=self.zero.dtype, device=self.zero.device))

    def at(self, u: Tensor) -> Tensor:
        """Return draws (*shape, 2) at places u (*shape) along the spiral, from 0 to 1 by mass."""
        w = u.sqrt()
        angle = (2 * math.pi * self.turns) * w
        curve = torch.stack([angle.cos(), angle.sin()], -1) * (self.radius * w).unsqueeze(-1)
        return curve + self.noise * torch.randn_like(curve)

    def log_prob(self, value: Tensor) -> Tensor:
        """Refuse: only draws are to be had."""
        raise UserError(
            "prior=swiss_roll can only be sampled, its density is not known:"
            " use prior=standard_normal where a density is needed"
        )
