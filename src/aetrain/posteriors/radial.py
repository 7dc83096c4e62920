"""The radial flow posterior."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.flow import Flow
from aetrain.distributions.radial_step import RadialStep
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound
from aetrain.posteriors.diagonal_gaussian import LOG_SCALE_BOUND

STEP_BOUND = 5.0


@final
class Radial(Family):
    """q(z|x): z₀ ~ N(μ, diag σ²), then T maps z + β (z − c) / (α + |z − c|), parameters from x.

    log σ is bounded softly to ±10, log α and the raw β to ±5; raw centres are relative to μ.

    Arguments:
        event: shape of one latent, (D,).
        steps: T.

    Raises:
        UserError: where the steps are below 1.

    References:
        Rezende, Mohamed: Variational inference with normalizing flows. 2015.
        https://arxiv.org/abs/1505.05770
    """

    def __init__(self, event: Sequence[int], *, steps: int = 10) -> None:
        super().__init__(event)
        if steps < 1:
            raise UserError(f"posterior.steps={steps}: must be at least 1")
        self.steps = steps

    @property
    def parameter_shape(self) -> torch.Size:
        """Means, raw log scales, and each step's c, log α and β: (2 D + T (D + 2),)."""
        (d,) = self.event
        return torch.Size((2 * d + self.steps * (d + 2),))

    def forward(self, raw: Tensor) -> Flow:
        """Return q(z|x) from raw parameters (..., 2 D + T (D + 2))."""
        (d,) = self.event
        loc, raw_scale, rest = full_precision(raw).split([d, d, self.steps * (d + 2)], -1)
        base = DiagonalNormal(loc, soft_bound(raw_scale, LOG_SCALE_BOUND), 1)
        rest = rest.unflatten(-1, (self.steps, -1))
        centres = rest[..., :d] + loc.unsqueeze(-2)
        shapes = soft_bound(rest[..., d:], STEP_BOUND)
        steps = zip(centres.unbind(-2), *(part.unbind(-1) for part in shapes.unbind(-1)))
        return Flow(base, [RadialStep(c, log_alpha, b) for c, log_alpha, b in steps])
