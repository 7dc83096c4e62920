"""Independent Poisson counts."""

from typing import final

import torch
from torch import Tensor
from torch.distributions import Poisson

from aetrain.distributions.product import Product


@final
class IndependentPoisson(Product):
    """Π λᵢ^xᵢ exp(−λᵢ) / xᵢ!.

    Arguments:
        log_rate: log λ, (*batch, *event).
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, log_rate: Tensor, event_dims: int) -> None:
        self.log_rate = log_rate
        super().__init__(log_rate.shape, event_dims)

    @property
    def base_dist(self) -> Poisson:
        """Poisson(λᵢ)."""
        return Poisson(self.log_rate.exp(), validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return Σ x log λ − λ − log x!, of the batch's shape."""
        constant = torch.lgamma(value + 1)
        return self.total(value * self.log_rate - self.log_rate.exp() - constant)
