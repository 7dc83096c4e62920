"""Independent Laplace values."""

import math
from typing import final

from torch import Tensor
from torch.distributions import Laplace

from aetrain.distributions.product import Product

LOG_TWO = math.log(2)


@final
class IndependentLaplace(Product):
    """Π 1/(2 bᵢ) exp(−|xᵢ − μᵢ| / bᵢ).

    Arguments:
        loc: μ, (*batch, *event).
        scale: b, of the same shape or one that broadcasts to it.
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, loc: Tensor, scale: Tensor, event_dims: int) -> None:
        self.loc, self.scale = loc, scale
        super().__init__(loc.shape, event_dims)

    @property
    def base_dist(self) -> Laplace:
        """Laplace(μᵢ, bᵢ)."""
        return Laplace(self.loc, self.scale, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """μ."""
        return self.loc

    def log_prob(self, value: Tensor) -> Tensor:
        """Return −Σ |x − μ| / b + log 2b, of the batch's shape."""
        return -self.total((value - self.loc).abs() / self.scale + (self.scale.log() + LOG_TWO))
