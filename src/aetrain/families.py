"""Families: from the raw output of a network to a distribution."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aetrain.spaces import Space
from aetrain.values import REAL, Values

NEAR = 0.99

Examples = Callable[[int], Tensor]
"""n -> that many random training examples, (≤ n, *event)."""


class Family(nn.Module, ABC):
    """A likelihood or a posterior: raw parameters in, a distribution over events out.

    It owns the number of parameters and their activation, so a network never ends in a sigmoid;
    parameters that no network computes (a learned scale) are its own `nn.Parameter`s.

    Arguments:
        event: shape of one event, such as (C, H, W) or (D,).
    """

    support: Values = REAL
    """The values on which this is a density or a mass."""

    pixelwise: bool = True
    """False where values share parameters' normalisation, so that none can be drawn by itself."""

    space: Space = Space.REAL
    """Where a posterior's draws lie; it and the prior must agree for there to be a rate."""

    classes: int = 0
    """Classes of each variable of a posterior on Space.SIMPLEX."""

    curvature: float = 0.0
    """c of a posterior on Space.BALL, whose curvature is −c."""

    normalised: bool = True
    """False for a likelihood that is neither density nor mass on the values that it accepts."""

    has_density: bool = True
    """False for what can be sampled but not scored, such as a point mass."""

    point: bool = False
    """True for a point mass: a posterior's draw is certain, and all of them are one."""

    explicit_density: bool = True
    """False where the density is cheap at the family's own draws only, as for most flows."""

    def __init__(self, event: Sequence[int]) -> None:
        super().__init__()
        self.event = torch.Size(event)

    @property
    @abstractmethod
    def parameter_shape(self) -> torch.Size:
        """Shape of what the network has to put out for one event."""

    @abstractmethod
    def forward(self, raw: Tensor) -> Distribution:
        """Return the distribution, batch shape (...,), for raw (..., *parameter_shape)."""

    def prepare(self, examples: Examples) -> None:
        """Look at training data once, before the first step; what it finds belongs in state."""

    def extra_repr(self) -> str:
        """Show the event's shape in printed models."""
        return f"event={tuple(self.event)}"


def full_precision(raw: Tensor) -> Tensor:
    """Return half-precision outputs as float32; densities and KLs are never computed in less."""
    return raw.float() if raw.dtype in (torch.float16, torch.bfloat16) else raw


def soft_bound(x: Tensor, bound: float) -> Tensor:
    """Return bound · x / (bound + |x|): in (−bound, bound), slope 1 at 0, never of zero gradient.

    It keeps log scales finite before they are exponentiated. A clamp or a tanh would have the
    gradient 0 far out, where a network that has gone astray needs it most.
    """
    return x * (bound / (bound + x.abs()))


def unbound(y: Tensor, bound: float) -> Tensor:
    """Return the x of which `soft_bound` is y, or 0.99 times the bound where y is beyond that."""
    y = y.clamp(-NEAR * bound, NEAR * bound)
    return y / (1 - y.abs() / bound)
