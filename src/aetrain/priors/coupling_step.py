"""A coupling step of a flow."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.distributions.normalizing_flow import FlowStep
from aetrain.networks.mlp import MLP
from aetrain.priors.monotone import Monotone


@final
class CouplingStep(FlowStep):
    """u = (f(z₂; z₁), z₁): one part is moved as the other says, and they change places.

    Both ways cost one pass. It begins as the identity, but for the places.

    Arguments:
        kept: size of z₁; where it is 0, f is the same for all.
        moved: size of z₂.
        monotone: the kind of f.
        hidden: widths of the network.
    """

    def __init__(self, kept: int, moved: int, monotone: Monotone, hidden: Sequence[int]) -> None:
        super().__init__()
        self.kept, self.moved, self.monotone = kept, moved, monotone
        given, out = [torch.Size((max(kept, 1),))], torch.Size((moved, monotone.size))
        self.network = MLP(given, out, hidden=hidden, activation="tanh")
        for parameter in self.network.layers[-1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return u (N, D) and log|det ∂u/∂z| (N,), for z (N, D)."""
        kept, moved = z.split([self.kept, self.moved], -1)
        moved, log_slope = self.monotone.forward(self._raw(kept), moved)
        return torch.cat([moved, kept], -1), log_slope.sum(-1)

    def inverse(self, u: Tensor) -> Tensor:
        """Return the z (N, D) that is mapped to u (N, D)."""
        moved, kept = u.split([self.moved, self.kept], -1)
        return torch.cat([kept, self.monotone.inverse(self._raw(kept), moved)], -1)

    def _raw(self, kept: Tensor) -> Tensor:
        """Return the raw parameters of each moved element's function, (N, moved, size)."""
        given = kept if self.kept else kept.new_ones(len(kept), 1)
        return self.network(given.to(next(self.network.parameters()).dtype))
