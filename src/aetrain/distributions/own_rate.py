"""Posteriors that estimate their rate better than by the difference of two log densities."""

from abc import ABC, abstractmethod

from torch import Tensor
from torch.distributions import Distribution, kl_divergence


class OwnRate(Distribution, ABC):
    """A posterior q(z|x) that knows of a less noisy estimate of its KL to a prior."""

    @abstractmethod
    def rate(self, z: Tensor, prior: Distribution) -> Tensor:
        """Return KL(q ‖ prior), (B,), estimated from its own draws z (S, B, *latent)."""

    @abstractmethod
    def rates(self, z: Tensor, prior: Distribution) -> Tensor | None:
        """Return the part of each latent dimension, (B, *latent), or None where it has no parts."""


def closed_form(q: Distribution, prior: Distribution) -> Tensor | None:
    """Return KL(q ‖ prior), (B,), where torch knows it, else None."""
    try:
        return kl_divergence(q, prior)
    except NotImplementedError:
        return None
