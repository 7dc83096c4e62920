"""Independent values of a beta distribution that is finite at both ends."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Beta

from aetrain.distributions.elementwise import Elementwise
from aetrain.distributions.log_beta import log_beta


@final
class IndependentBeta(Elementwise):
    """Values on [0, 1] whose images y = ε + (1 − 2ε) x are Beta(α, β).

    log p(x) = Σ (α − 1) log y + (β − 1) log(1 − y) − log B(α, β) + log(1 − 2ε). It integrates over
    [0, 1] to P(ε < y < 1 − ε), which is a little below 1. Draws beyond 0 and 1 are put there;
    mean and variance are those before that.

    Arguments:
        alpha: α, (*batch, *event).
        beta: β, of the same shape.
        squeeze: ε, above 0 and below ½.
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, alpha: Tensor, beta: Tensor, squeeze: float, event_dims: int) -> None:
        self.alpha, self.beta, self.squeeze = alpha, beta, squeeze
        super().__init__(alpha.shape, event_dims)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(x), of the batch's shape."""
        y = self.squeeze + (1 - 2 * self.squeeze) * value
        constant = math.log1p(-2 * self.squeeze) - log_beta(self.alpha, self.beta)
        score = (self.alpha - 1) * y.log() + (self.beta - 1) * torch.log1p(-y)
        return self.total(score + constant)

    @property
    def mean(self) -> Tensor:
        """(α/(α + β) − ε) / (1 − 2ε), put into [0, 1]."""
        return self._stretched(self.alpha / (self.alpha + self.beta))

    @property
    def variance(self) -> Tensor:
        """α β / ((α + β)² (α + β + 1)) / (1 − 2ε)²."""
        total = self.alpha + self.beta
        variance = self.alpha / total * (self.beta / total) / (total + 1)
        return variance / (1 - 2 * self.squeeze) ** 2

    @torch.no_grad()
    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event)."""
        return self._stretched(
            Beta(self.alpha, self.beta, validate_args=False).sample(sample_shape)
        )

    def _stretched(self, y: Tensor) -> Tensor:
        return ((y - self.squeeze) / (1 - 2 * self.squeeze)).clamp(0, 1)
