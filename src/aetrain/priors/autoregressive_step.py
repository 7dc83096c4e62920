"""A masked autoregressive step of a flow."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor, nn
from zuko.nn import MaskedMLP

from aetrain.distributions.normalizing_flow import FlowStep
from aetrain.priors.monotone import Monotone


@final
class AutoregressiveStep(FlowStep):
    """uᵢ = f(zᵢ; z₁ ... zᵢ₋₁), then reversed, so that the next step goes the other way.

    Forth costs one pass of a masked network, back D passes. It begins as the identity.

    Arguments:
        size: D, 2 or more.
        monotone: the kind of f.
        hidden: widths of the network.
    """

    def __init__(self, size: int, monotone: Monotone, hidden: Sequence[int]) -> None:
        super().__init__()
        self.size, self.monotone = size, monotone
        earlier: Any = torch.ones(size, size).tril(-1).bool()
        self.network = MaskedMLP(earlier.repeat_interleave(monotone.size, 0), hidden, nn.Tanh)
        for parameter in self.network[-1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return u (N, D) and log|det ∂u/∂z| (N,), for z (N, D)."""
        u, log_slope = self.monotone.forward(self._raw(z), z)
        return u.flip(-1), log_slope.sum(-1)

    def inverse(self, u: Tensor) -> Tensor:
        """Return the z (N, D) that is mapped to u (N, D), one element after another."""
        u = u.flip(-1)
        z = torch.zeros_like(u)
        for _ in range(self.size):
            z = self.monotone.inverse(self._raw(z), u)  # makes one element more right
        return z

    def _raw(self, z: Tensor) -> Tensor:
        """Return the raw parameters of each element's function, (N, D, size)."""
        dtype = next(self.network.parameters()).dtype
        return self.network(z.to(dtype)).unflatten(-1, (self.size, -1))
