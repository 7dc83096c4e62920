"""The inverse autoregressive flow posterior."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor, nn
from zuko.nn import MaskedMLP

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.flow import Flow, Transform, joint_batch
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound
from aetrain.posteriors.diagonal_gaussian import LOG_SCALE_BOUND

LOG_STEP_BOUND, SHIFT_BOUND = 1.0, 10.0
"""Soft bounds on each step's log σ and m: with 3 and 100 a run of 100 epochs diverged."""


@final
class IAF(Family):
    """q(z|x): z₀ ~ N(μ, diag σ²), then T steps zₜ = mₜ + σₜ ∘ zₜ₋₁.

    (mₜ, σₜ) are computed by a masked network from zₜ₋₁ and the encoder's context h(x), element i
    from the elements before it, so that log|det| = Σ log σₜ and all elements are drawn at once;
    the order is reversed between steps. The steps begin as the identity, so that training begins
    as that of the plain posterior; the paper's gates, σ z + (1 − σ) m, cannot be the identity, and
    were measured to learn more slowly. The density at a point that was not just drawn costs D
    passes for each step.

    Arguments:
        event: shape of one latent, (D,).
        steps: T.
        hidden: widths of each step's masked network.
        context: size of h.

    Raises:
        UserError: where steps, hidden or context are below 1.

    References:
        Kingma, Salimans, Jozefowicz, Chen, Sutskever, Welling: Improving variational inference
        with inverse autoregressive flow. 2016. https://arxiv.org/abs/1606.04934
    """

    explicit_density = False

    def __init__(
        self,
        event: Sequence[int],
        *,
        steps: int = 2,
        hidden: Sequence[int] = (500,),
        context: int = 64,
    ) -> None:
        super().__init__(event)
        for name, value in {"steps": steps, "context": context}.items():
            if value < 1:
                raise UserError(f"posterior.{name}={value}: must be at least 1")
        if not hidden or min(hidden) < 1:
            raise UserError(f"posterior.hidden={list(hidden)}: needs a layer at least, as in [500]")
        self.context = context
        (d,) = self.event
        earlier = torch.ones(d, d).tril(-1).bool()
        sees = torch.cat([earlier, torch.ones(d, context).bool()], 1)  # (D, D + H)
        adjacency: Any = torch.cat([sees, sees])  # of mₜ and of σₜ
        # zuko's masked network: kept well by its makers, and no slower than a plain one
        self.steps = nn.ModuleList(MaskedMLP(adjacency, hidden, nn.ELU) for _ in range(steps))
        for step in self.steps:
            last: nn.Linear = step[-1]  # pyright: ignore[reportIndexIssue]
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

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
        return Flow(base, [AffineAutoregressive(step, h) for step in self.steps])


@final
class AffineAutoregressive(Transform):
    """One step: z' = flip(m + σ ∘ z), with (m, σ) from (z, h) by a masked network.

    Arguments:
        network: (z, h) (..., D + H) -> (m, raw log σ) (..., 2 D), masked.
        context: h, (*batch, H).
    """

    def __init__(self, network: Any, context: Tensor) -> None:
        self.network, self.context = network, context

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return z' (..., D) and log|det ∂z'/∂z| (...,)."""
        m, log_scale = self._parameters(z)
        return torch.addcmul(m, log_scale.exp(), z).flip(-1), log_scale.sum(-1)

    def inverse(self, z: Tensor) -> Tensor:
        """Return the point that is moved to z, element after element."""
        z = z.flip(-1).expand(*joint_batch(z, self.context), -1)
        before = torch.zeros_like(z)
        for i in range(z.shape[-1]):
            m, log_scale = self._parameters(before)
            element = (z[..., i] - m[..., i]) * (-log_scale[..., i]).exp()
            before = torch.cat([before[..., :i], element.unsqueeze(-1), before[..., i + 1 :]], -1)
        return before

    def _parameters(self, z: Tensor) -> tuple[Tensor, Tensor]:
        batch = joint_batch(z, self.context)
        given = torch.cat([z.expand(*batch, -1), self.context.expand(*batch, -1)], -1)
        given = given.to(self.network[-1].weight.dtype)
        m, log_scale = full_precision(self.network(given)).chunk(2, -1)
        return soft_bound(m, SHIFT_BOUND), soft_bound(log_scale, LOG_STEP_BOUND)
