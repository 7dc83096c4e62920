"""What a prior is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import nn
from torch.distributions import Distribution

from aetrain.families import Examples
from aetrain.spaces import Space


class Prior(nn.Module, ABC):
    """p(z), possibly with learned parameters; it can always be sampled.

    A prior that needs the encoder takes it as a second argument named `encoder`, and gets it.

    Arguments:
        event: shape of one latent, such as (D,).
    """

    space: Space = Space.REAL
    """Where its draws lie."""

    classes: int = 0
    """Classes of each variable of a prior on Space.SIMPLEX."""

    curvature: float = 0.0
    """c of a prior on Space.BALL, whose curvature is −c."""

    has_density: bool = True
    """False for a prior that can be sampled but not scored."""

    def __init__(self, event: Sequence[int]) -> None:
        super().__init__()
        self.event = torch.Size(event)

    @abstractmethod
    def forward(self) -> Distribution:
        """Return p(z), of batch shape () and event shape `event`."""

    def prepare(self, examples: Examples) -> None:
        """Look at training data once, before the first step; what it finds belongs in state."""

    def extra_repr(self) -> str:
        """Show the event's shape in printed models."""
        return f"event={tuple(self.event)}"
