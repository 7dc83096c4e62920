"""Independent binary values from logits."""

from typing import final

import torch
from torch import Tensor
from torch.distributions import Bernoulli

from aetrain.distributions.cross_entropy import binary_cross_entropy
from aetrain.distributions.product import Product


@final
class IndependentBernoulli(Product):
    """Π Bernoulli(xᵢ; σ(ℓᵢ)); values between 0 and 1 are scored by the same formula.

    Arguments:
        logits: ℓ, (*batch, *event).
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, logits: Tensor, event_dims: int) -> None:
        self.logits = logits
        super().__init__(logits.shape, event_dims)

    @property
    def base_dist(self) -> Bernoulli:
        """Bernoulli(σ(ℓᵢ))."""
        return Bernoulli(logits=self.logits, validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return Σ x log π + (1 − x) log(1 − π), of the batch's shape."""
        logits, x = torch.broadcast_tensors(self.logits, value)
        return -self.total(binary_cross_entropy(logits, x))
