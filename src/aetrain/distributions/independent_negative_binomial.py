"""Independent negative binomial counts by mean and dispersion."""

from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Gamma

from aetrain.distributions.elementwise import Elementwise
from aetrain.distributions.log_beta import log_beta


@final
class IndependentNegativeBinomial(Elementwise):
    """Counts with mean μ and variance μ + α μ²; with θ = 1/α,

    log p(x) = Σ log[Γ(x + θ) / (Γ(θ) x!)] − θ log(1 + μ/θ) − x log(1 + θ/μ).

    Arguments:
        mean: μ, (*batch, *event).
        dispersion: α, of the same shape or one that broadcasts to it.
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, mean: Tensor, dispersion: Tensor, event_dims: int) -> None:
        self._mean, self.dispersion = mean, dispersion
        super().__init__(mean.shape, event_dims)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(x), of the batch's shape."""
        theta, ratio = self.dispersion.reciprocal(), self._mean * self.dispersion
        ways = -log_beta(theta, value + 1) - (value + theta).log()
        return self.total(ways - theta * ratio.log1p() - value * ratio.reciprocal().log1p())

    @property
    def mean(self) -> Tensor:
        """μ."""
        return self._mean

    @property
    def variance(self) -> Tensor:
        """μ + α μ²."""
        return self._mean + self.dispersion * self._mean.square()

    @torch.no_grad()
    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event): Poisson, with gamma rates of mean μ."""
        theta = self.dispersion.reciprocal().expand(self._mean.shape)
        rate = Gamma(theta, theta, validate_args=False).sample(sample_shape)
        return torch.poisson(rate * self._mean)
