"""What a prior is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aetrain.errors import UserError, choice
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

    conditional: bool = False
    """True for a prior that is under a condition a distribution for each example, (B,)."""

    def __init__(self, event: Sequence[int]) -> None:
        super().__init__()
        self.event = torch.Size(event)

    @abstractmethod
    def forward(self) -> Distribution:
        """Return p(z), of event shape `event` and batch shape (), or (B,) where `conditional`."""

    def require_parts(self, parts: int) -> None:
        """Refuse to be divided into so many parts, one for each class.

        Raises:
            UserError: unless the prior can be.
        """
        raise UserError(
            f"prior={choice(self)} has no parts that {parts} classes could be given: use"
            f" prior=ring prior.components={parts}, or prior=swiss_roll"
        )

    def draw_parts(self, part: Tensor, parts: int) -> Tensor:
        """Return a draw of a part for each number in `part` (B,), 0 to parts − 1: (B, *event).

        Parts weigh the same: a draw of a random one is a draw of the prior.
        """
        raise NotImplementedError

    def part_of(self, z: Tensor, parts: int) -> Tensor:
        """Return the number of the part that codes z (B, *event) most probably belong to, (B,)."""
        raise NotImplementedError

    def prepare(self, examples: Examples) -> None:
        """Look at training data once, before the first step; what it finds belongs in state."""

    def extra_repr(self) -> str:
        """Show the event's shape in printed models."""
        return f"event={tuple(self.event)}"
