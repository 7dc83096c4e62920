"""A normalizing flow fitted to codes."""

from collections.abc import Sequence
from typing import Literal, final

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aetrain.distributions.normalizing_flow import FlowStep, NormalizingFlow
from aetrain.priors.flow import flow_steps
from aetrain.samplers.minimise import Schooling, minimise
from aetrain.samplers.sampler import ROWS, Sampler
from aetrain.samplers.standardise import Standardise


@final
class Flow(Sampler):
    """p(z) = N(f(v); 0, I) |det ∂f/∂z| at v = (z − m)/s, by maximum likelihood.

    Before it is fitted, and while f is the identity, p(z) is a product of normals. The flow is the
    one of `prior=flow`, trained by Adam; of its states in training the one is kept that a tenth of
    the codes, which is held out, likes best.

    Arguments:
        event: shape of one code.
        kind: `realnvp`, `spline`, or `maf`, whose draws cost D passes; see `aetrain.priors.flow`.
        steps: maps that f consists of.
        hidden: widths of each step's network.
        updates: steps of Adam.
        batch: codes of a step.
        lr: learning rate at first.
        codes: at most this many training codes are used.

    Raises:
        UserError: where the kind is not known, or a number is out of its range.

    References:
        Böhm, Seljak: Probabilistic autoencoder. 2022. https://arxiv.org/abs/2006.05479
        Papamakarios, Pavlakou, Murray: Masked autoregressive flow for density estimation. 2017.
        https://arxiv.org/abs/1705.07057
    """

    zero: Tensor

    def __init__(
        self,
        event: Sequence[int],
        *,
        kind: Literal["maf", "realnvp", "spline"] = "realnvp",
        steps: int = 4,
        hidden: Sequence[int] = (64, 64),
        updates: int = 2000,
        batch: int = 256,
        lr: float = 1e-3,
        codes: int = 100_000,
    ) -> None:
        super().__init__(event, codes=codes)
        self.schooling = Schooling(updates, batch, lr)
        self.made = (kind, steps, tuple(hidden))
        self.standard = Standardise(self.size)
        self.steps = nn.ModuleList(self._steps()).requires_grad_(False)
        self.register_buffer("zero", torch.zeros(self.size), persistent=False)

    def _steps(self) -> list[FlowStep]:
        return flow_steps(torch.Size((self.size,)), "sampler", *self.made)

    @property
    def least(self) -> int:
        """Two."""
        return 2

    def learn(self, codes: Tensor) -> None:
        """Begin anew, and maximise the likelihood of the codes."""
        self.steps.load_state_dict(nn.ModuleList(self._steps()).state_dict())
        self.standard.begin(codes)
        flow = self._flow()
        standard = self.standard(codes.to(self.zero))
        minimise(self.steps, lambda v: -flow.log_prob(v), standard, self.schooling)

    def _flow(self) -> NormalizingFlow:
        steps: Sequence[FlowStep] = self.steps  # pyright: ignore[reportAssignmentType]
        return NormalizingFlow(steps, self.zero)

    def density(self) -> Distribution:
        """Return the flow; N(0, I) before it is fitted."""
        return self.standard.undone(self._flow())

    def score(self, codes: Tensor) -> Tensor:
        """Return log p(z), (N,), for codes (N, *event)."""
        density = self.density()
        return torch.cat([density.log_prob(part) for part in codes.flatten(1).split(ROWS)])
