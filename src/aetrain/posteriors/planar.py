"""The planar flow posterior."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.flow import Flow
from aetrain.distributions.planar_step import PlanarStep
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound

BOUND = 10.0


@final
class Planar(Family):
    """q(z|x): z₀ ~ N(μ, diag σ²), then T maps z + û tanh(wᵀz + b), all parameters from x.

    log σ and the parameters of the maps are bounded softly to ±10.

    Arguments:
        event: shape of one latent, (D,).
        steps: T.

    Raises:
        UserError: where the steps are below 1.

    References:
        Rezende, Mohamed: Variational inference with normalizing flows. 2015.
        https://arxiv.org/abs/1505.05770
    """

    explicit_density = False

    def __init__(self, event: Sequence[int], *, steps: int = 10) -> None:
        super().__init__(event)
        if steps < 1:
            raise UserError(f"posterior.steps={steps}: must be at least 1")
        self.steps = steps

    @property
    def parameter_shape(self) -> torch.Size:
        """Means, raw log scales, and each step's u, w and b: (2 D + T (2 D + 1),)."""
        (d,) = self.event
        return torch.Size((2 * d + self.steps * (2 * d + 1),))

    def forward(self, raw: Tensor) -> Flow:
        """Return q(z|x) from raw parameters (..., 2 D + T (2 D + 1))."""
        (d,) = self.event
        raw = full_precision(raw)
        loc, rest = raw[..., :d], soft_bound(raw[..., d:], BOUND)
        base = DiagonalNormal(loc, rest[..., :d], 1)
        parts = rest[..., d:].unflatten(-1, (self.steps, -1)).unbind(-2)
        split = (part.split([d, d, 1], -1) for part in parts)
        return Flow(base, [PlanarStep(u, w, b.squeeze(-1)) for u, w, b in split])
