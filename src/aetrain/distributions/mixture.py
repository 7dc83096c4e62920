"""What mixtures of normal distributions have in common."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.diagonal_normal import DiagonalNormal


class Mixture(Distribution, ABC):
    """Σₖ πₖ N(z; μₖ, Σₖ) with π = softmax(logits).

    Arguments:
        loc: means μ, (K, D).
        logits: unnormalised log π, (K,).
    """

    arg_constraints = {}  # pyright: ignore

    def __init__(self, loc: Tensor, logits: Tensor) -> None:
        self.loc, self.logits = loc, logits
        super().__init__(torch.Size(), loc.shape[1:], validate_args=False)

    @property
    def has_rsample(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """True unless the weights are learned: no gradient passes the choice of a component."""
        return not self.logits.requires_grad

    @property
    def weights(self) -> Tensor:
        """π, (K,)."""
        return self.logits.softmax(-1)

    @property
    def mean(self) -> Tensor:
        """Σₖ πₖ μₖ, (D,)."""
        return (self.weights[:, None] * self.loc).sum(0)

    @property
    def variance(self) -> Tensor:
        """Σₖ πₖ (diag Σₖ + (μₖ − mean)²), (D,)."""
        squares = self.variances + (self.loc - self.mean).square()
        return (self.weights[:, None] * squares).sum(0)

    @property
    @abstractmethod
    def variances(self) -> Tensor:
        """diag Σₖ, (K, D)."""

    @abstractmethod
    def divergences(self, q: DiagonalNormal) -> Tensor:
        """Return KL(q ‖ N(μₖ, Σₖ)) in nats, (*batch, K), for q of batch shape (*batch,)."""

    @abstractmethod
    def joint(self, value: Tensor) -> Tensor:
        """Return log πₖ N(z; μₖ, Σₖ), (..., K), for z (..., D), in as many digits as it takes."""

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(z), (...), for z (..., D)."""
        return self.joint(value).logsumexp(-1).to(self._dtype(value))

    def responsibilities(self, value: Tensor) -> Tensor:
        """Return p(k|z), (..., K), for z (..., D)."""
        return self.joint(value).softmax(-1).to(self._dtype(value))

    def log_responsibilities(self, value: Tensor) -> Tensor:
        """Return log p(k|z), (..., K), for z (..., D): finite where p(k|z) is 0 to all digits."""
        return self.joint(value).log_softmax(-1).to(self._dtype(value))

    @abstractmethod
    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, D)."""

    def draw_components(self, shape: torch.Size) -> Tensor:
        """Return draws of k, (N,), as many as the shape has elements."""
        return torch.multinomial(self.weights.detach(), shape.numel(), replacement=True)

    def _dtype(self, value: Tensor) -> torch.dtype:
        return torch.promote_types(value.dtype, self.loc.dtype)
