"""Normalizing flows whose densities cost one pass."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aetrain.distributions.diagonal_normal import HALF_LOG_TAU
from aetrain.families import full_precision


class FlowStep(nn.Module):
    """An invertible map of vectors, in the direction from data to noise."""

    @abstractmethod
    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return u (N, D) and log|det ∂u/∂z| (N,), for z (N, D)."""

    @abstractmethod
    def inverse(self, u: Tensor) -> Tensor:
        """Return the z (N, D) that is mapped to u (N, D)."""


@final
class NormalizingFlow(Distribution):
    """p(z) = N(f(z); 0, I) |det ∂f/∂z|, f one step after another; draws go through f⁻¹.

    `aetrain.distributions.flow.Flow` goes the other way: its draws cost one pass, as those of a
    posterior must, and it knows the density at its own draws. A prior is scored at the posterior's.

    Arguments:
        steps: the maps that f consists of, from z to noise.
        zero: zeros, (D,), which give shape, type and device.

    References:
        Rezende, Mohamed: Variational inference with normalizing flows. 2015.
        https://arxiv.org/abs/1505.05770
    """

    arg_constraints = {}  # pyright: ignore
    has_rsample = True

    def __init__(self, steps: Sequence[FlowStep], zero: Tensor) -> None:
        self.steps, self.zero = steps, zero
        super().__init__(torch.Size(), zero.shape, validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(z), (...), for z (..., D)."""
        (d,) = self.event_shape
        u = full_precision(value).reshape(-1, d)
        log_det = u.new_full((), -d * HALF_LOG_TAU)
        for step in self.steps:
            u, more = step(u)
            log_det = log_det + more
        return (log_det - 0.5 * u.square().sum(-1)).reshape(value.shape[:-1])

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, D)."""
        shape = torch.Size(sample_shape)
        noise = (shape.numel(), *self.event_shape)
        z = torch.randn(noise, dtype=self.zero.dtype, device=self.zero.device)
        for step in reversed(self.steps):
            z = step.inverse(z)
        return z.reshape(*shape, *self.event_shape)
