"""Distributions whose elements are independent, in as few operations as their own formulas need."""

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent


class Product(Independent):
    """Π p(xᵢ) over the elements of an event: torch's `Independent` without its inner distribution.

    A step of a small model is as long as its operations are many, and the construction of torch's
    distributions is a good part of them. A subclass keeps its parameters and computes what training
    asks for itself; all else goes through `base_dist`, made when somebody asks.

    Arguments:
        shape: (*batch, *event).
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, shape: torch.Size, event_dims: int) -> None:
        self.reinterpreted_batch_ndims = event_dims
        split = len(shape) - event_dims
        Distribution.__init__(self, shape[:split], shape[split:], validate_args=False)

    @property
    @abstractmethod
    def base_dist(self) -> Distribution:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The distributions of the elements, batch shape (*batch, *event)."""

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event)."""
        shape = torch.Size(sample_shape)
        if not self.has_rsample:
            return super().sample(shape)
        with torch.no_grad():
            return self.rsample(shape)  # torch's own of a normal waits for the device

    def total(self, elements: Tensor) -> Tensor:
        """Return the sum over an event's elements, (...,), for elements (..., *event)."""
        dims = self.reinterpreted_batch_ndims
        return elements if dims == 0 else elements.flatten(-dims).sum(-1)
