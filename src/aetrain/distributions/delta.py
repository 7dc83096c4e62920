"""The point mass."""

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints

from aetrain.errors import UserError


class Delta(Distribution):
    """All mass at one point; it can be sampled but has no density.

    Arguments:
        loc: the point, (*batch, *event).
        event_dims: how many of the last dimensions are one event.
    """

    arg_constraints = {"loc": constraints.real}  # pyright: ignore
    has_rsample = True

    def __init__(self, loc: Tensor, event_dims: int) -> None:
        self.loc = loc
        split = loc.dim() - event_dims
        super().__init__(loc.shape[:split], loc.shape[split:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The point."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The point."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """Zero."""
        return torch.zeros_like(self.loc)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return the point, repeated: (*sample_shape, *batch, *event)."""
        return self.loc.expand(*sample_shape, *self.loc.shape)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return the same without its gradient."""
        # without a shape to add, expand returns its argument, gradient and all, under no_grad too
        return self.rsample(sample_shape).detach()

    def log_prob(self, value: Tensor) -> Tensor:
        """Refuse: a point mass has no density."""
        raise UserError(
            "posterior=delta is a point mass without a density, so there is no rate:"
            " use objective=reconstruction, or posterior=diagonal_gaussian with model=vae"
        )
