"""Draws looked up in a table."""

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution


@final
class LookedUp(Distribution):
    """z = f(i) with i from another distribution: what its draws stand for; it can only be sampled.

    Arguments:
        base: of i, batch shape ().
        lookup: f, from (..., *base's event) to (..., *event).
        event: event shape.
    """

    def __init__(
        self, base: Distribution, lookup: Callable[[Tensor], Tensor], event: torch.Size
    ) -> None:
        self.base, self.lookup = base, lookup
        super().__init__(torch.Size(), event, validate_args=False)

    @torch.no_grad()
    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *event)."""
        return self.lookup(self.base.sample(sample_shape))
