"""The normal distribution whose scale is the best one for what it scores."""

from collections.abc import Callable
from typing import final

from torch import Tensor
from torch.distributions import Normal

from aetrain.distributions.diagonal_normal import HALF_LOG_TAU
from aetrain.distributions.product import Product


@final
class OptimalNormal(Product):
    """N(μ, σ² I), where `log_prob` takes σ² from all errors (x − μ)² that it is given.

    Arguments:
        loc: μ, (*batch, *event).
        scale: σ of draws and variance, of no dimension.
        fit: from the squared errors, detached, to the σ² that scores them, of no dimension.
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(
        self, loc: Tensor, scale: Tensor, fit: Callable[[Tensor], Tensor], event_dims: int
    ) -> None:
        self.loc, self.scale, self.fit = loc, scale, fit
        super().__init__(loc.shape, event_dims)

    @property
    def base_dist(self) -> Normal:
        """N(μᵢ, σ²)."""
        return Normal(self.loc, self.scale, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """μ."""
        return self.loc

    def log_prob(self, value: Tensor) -> Tensor:
        """Return −Σ ½ (x − μ)²/σ² + log σ + ½ log 2π, of the batch's shape."""
        square = (value - self.loc).square()
        variance = self.fit(square.detach())
        return -self.total(0.5 * square / variance + (0.5 * variance.log() + HALF_LOG_TAU))
