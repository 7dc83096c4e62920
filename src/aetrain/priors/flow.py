"""The normalizing flow as a prior."""

from collections.abc import Sequence
from typing import Literal, final

import torch
from torch import Tensor, nn

from aetrain.distributions.normalizing_flow import FlowStep, NormalizingFlow
from aetrain.errors import UserError
from aetrain.networks.widths import require_widths
from aetrain.priors.autoregressive_step import AutoregressiveStep
from aetrain.priors.coupling_step import CouplingStep
from aetrain.priors.monotone import Monotone, affine, spline
from aetrain.priors.prior import Prior


@final
class Flow(Prior):
    """p(z) = N(f(z); 0, I) |det ∂f/∂z| with a learned, invertible f that begins as the identity.

    Arguments:
        event: shape of one latent, (D,).
        kind: `maf`, each element scaled and shifted as those before it say (draws cost D passes);
            `realnvp`, one half scaled and shifted as the other says; `spline`, one half bent by
            monotone splines as the other says.
        steps: maps that f consists of; where D = 1, every other one has nothing to move and is left
            out.
        hidden: widths of each step's network.
        bins: pieces of each spline.
        bound: half of the interval that splines bend; they are the identity outside.

    Raises:
        UserError: where the kind is not known, or a number is too small.

    References:
        Papamakarios, Pavlakou, Murray: Masked autoregressive flow for density estimation. 2017.
        https://arxiv.org/abs/1705.07057
        Dinh, Sohl-Dickstein, Bengio: Density estimation using Real NVP. 2017.
        https://arxiv.org/abs/1605.08803
        Durkan, Bekasov, Murray, Papamakarios: Neural spline flows. 2019.
        https://arxiv.org/abs/1906.04032
        Chen et al.: Variational lossy autoencoder. 2017. https://arxiv.org/abs/1611.02731
    """

    zero: Tensor

    def __init__(
        self,
        event: Sequence[int],
        *,
        kind: Literal["maf", "realnvp", "spline"] = "realnvp",
        steps: int = 4,
        hidden: Sequence[int] = (64, 64),
        bins: int = 8,
        bound: float = 5.0,
    ) -> None:
        super().__init__(event)
        made = flow_steps(self.event, "prior", kind, steps, hidden, bins, bound)
        self.steps = nn.ModuleList(made)
        self.register_buffer("zero", torch.zeros(self.event), persistent=False)

    def forward(self) -> NormalizingFlow:
        """Return p(z)."""
        steps: Sequence[FlowStep] = self.steps  # pyright: ignore[reportAssignmentType]
        return NormalizingFlow(steps, self.zero)


def flow_steps(
    event: torch.Size,
    group: str,
    kind: str,
    steps: int,
    hidden: Sequence[int],
    bins: int = 8,
    bound: float = 5.0,
) -> list[FlowStep]:
    """Return the maps of a flow of vectors (D,); see `Flow` for the arguments.

    Arguments:
        event: (D,).
        group: of the configuration, which messages name.

    Raises:
        UserError: where the kind is not known, or a number is too small.
    """
    for name, value, least in [("steps", steps, 1), ("bins", bins, 2)]:
        if value < least:
            raise UserError(f"{group}.{name}={value}: must be at least {least}")
    require_widths(hidden, group)
    if not bound > 0:
        raise UserError(f"{group}.bound={bound}: must be above 0, such as 5.0")
    kinds = {
        "maf": (_autoregressive, affine()),
        "realnvp": (_couplings, affine()),
        "spline": (_couplings, spline(bins, bound)),
    }
    if kind not in kinds:
        raise UserError(f"{group}.kind={kind}: choose from {', '.join(kinds)}")
    made, monotone = kinds[kind]
    (d,) = event
    return made(d, steps, monotone, hidden)


def _autoregressive(
    d: int, steps: int, monotone: Monotone, hidden: Sequence[int]
) -> list[FlowStep]:
    if d == 1:
        return _couplings(d, steps, monotone, hidden)  # nothing comes before a single element
    return [AutoregressiveStep(d, monotone, hidden) for _ in range(steps)]


def _couplings(d: int, steps: int, monotone: Monotone, hidden: Sequence[int]) -> list[FlowStep]:
    half = d // 2
    sizes = [(half, d - half) if t % 2 == 0 else (d - half, half) for t in range(steps)]
    return [CouplingStep(kept, moved, monotone, hidden) for kept, moved in sizes if moved]
