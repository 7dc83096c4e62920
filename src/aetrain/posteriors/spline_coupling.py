"""The neural spline posterior."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor, nn
from zuko.transforms import MonotonicRQSTransform

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.flow import Flow, Transform, joint_batch
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound
from aetrain.networks.mlp import MLP
from aetrain.posteriors.diagonal_gaussian import LOG_SCALE_BOUND


@final
class SplineCoupling(Family):
    """q(z|x): z₀ ~ N(μ, diag σ²), then steps that bend half of the elements by monotone splines.

    The splines' knots are computed from the other half and the encoder's context h(x); draws and
    densities cost one pass each. Outside of [−bound, bound] a spline is the identity.

    Arguments:
        event: shape of one latent, (D,).
        steps: couplings; which half is bent alternates.
        bins: pieces of each spline.
        bound: half of the interval that is bent.
        hidden: widths of each step's network.
        context: size of h.

    Raises:
        UserError: where a number is too small.

    References:
        Durkan, Bekasov, Murray, Papamakarios: Neural spline flows. 2019.
        https://arxiv.org/abs/1906.04032
    """

    explicit_density = True

    def __init__(
        self,
        event: Sequence[int],
        *,
        steps: int = 4,
        bins: int = 8,
        bound: float = 5.0,
        hidden: Sequence[int] = (64,),
        context: int = 64,
    ) -> None:
        super().__init__(event)
        for name, value, least in [("steps", steps, 1), ("bins", bins, 2), ("context", context, 1)]:
            if value < least:
                raise UserError(f"posterior.{name}={value}: must be at least {least}")
        if min(hidden, default=1) < 1:
            raise UserError(f"posterior.hidden={list(hidden)}: each width must be at least 1")
        if not bound > 0:
            raise UserError(f"posterior.bound={bound}: must be above 0, such as 5.0")
        self.bins, self.bound, self.context = bins, bound, context
        (d,) = self.event
        first = d // 2
        sizes = [(first, d - first) if t % 2 == 0 else (d - first, first) for t in range(steps)]
        # of a single element there is no other half: it is bent by what h says alone
        self.steps = nn.ModuleList(
            MLP([torch.Size((kept + context,))], torch.Size((bent, 3 * bins - 1)), hidden=hidden)
            for kept, bent in sizes
            if bent
        )

    @property
    def parameter_shape(self) -> torch.Size:
        """Means, raw log scales and context, (2 D + H,)."""
        return torch.Size((2 * self.event[0] + self.context,))

    def forward(self, raw: Tensor) -> Flow:
        """Return q(z|x) from raw parameters (..., 2 D + H)."""
        d = self.event[0]
        loc, raw_scale, h = full_precision(raw).split([d, d, self.context], -1)
        base = DiagonalNormal(loc, soft_bound(raw_scale, LOG_SCALE_BOUND), 1)
        h = soft_bound(h, LOG_SCALE_BOUND)
        return Flow(base, [Coupling(step, h, self.bins, self.bound) for step in self.steps])


@final
class Coupling(Transform):
    """z' = (spline(z₂; z₁, h), z₁): the second part bent as the first says, and put in front.

    Arguments:
        network: (z₁, h) (N, ·) -> raw widths, heights and slopes of each spline.
        context: h, (*batch, H).
        bins: pieces of a spline.
        bound: half of the interval that is bent.
    """

    def __init__(self, network: Any, context: Tensor, bins: int, bound: float) -> None:
        self.network, self.context, self.bins, self.bound = network, context, bins, bound
        self.bent: int = network.out[0]

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return z' (..., D) and log|det ∂z'/∂z| (...,)."""
        z = z.expand(*joint_batch(z, self.context), -1)
        kept, bent = z.split([z.shape[-1] - self.bent, self.bent], -1)
        moved, log_slope = self._spline(kept).call_and_ladj(bent)
        return torch.cat([moved, kept], -1), log_slope.sum(-1)

    def inverse(self, z: Tensor) -> Tensor:
        """Return the point that is moved to z."""
        z = z.expand(*joint_batch(z, self.context), -1)
        moved, kept = z.split([self.bent, z.shape[-1] - self.bent], -1)
        bent: Any = self._spline(kept).inv(moved)
        return torch.cat([kept, bent], -1)

    def _spline(self, kept: Tensor) -> MonotonicRQSTransform:
        h = self.context.expand(*kept.shape[:-1], -1)
        given = torch.cat([kept, h], -1)
        rows = given.reshape(-1, given.shape[-1]).to(self.network.layers[-1].weight.dtype)
        raw = full_precision(self.network(rows))
        raw = soft_bound(raw, LOG_SCALE_BOUND).reshape(
            *given.shape[:-1], self.bent, 3 * self.bins - 1
        )
        widths, heights, slopes = raw.split([self.bins, self.bins, self.bins - 1], -1)
        return MonotonicRQSTransform(widths, heights, slopes, bound=self.bound)
