"""What models of a class and a code have in common."""

from abc import ABC

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.autoencoder import Autoencoder
from aetrain.classes.class_vae import ClassVAE
from aetrain.evaluation.importance import log_evidence


class ClassModel(Autoencoder, ABC):
    """p(x) = 1/K Σ_y ∫ p(x|y, z) p(z|y) dz. A code is w = (y, z), y one of K unit vectors.

    Arguments:
        inner: its distributions.
    """

    sets_condition = True

    def __init__(self, inner: ClassVAE) -> None:
        super().__init__()
        self.inner = inner

    @property
    def latent(self) -> torch.Size:
        """The shape of w, (K + D,)."""
        return self.inner.latent

    def encode(self, x: Tensor) -> Distribution:
        """Return q(y, z|x), batch shape (B,), for x (B, *event)."""
        return self.inner.posterior(x)

    def decode(self, z: Tensor) -> Distribution:
        """Return p(x|y, z), batch shape (*batch,), for w (*batch, K + D).

        Where a condition is given, that is y.
        """
        return self.inner.likelihood(z)

    def codes(self) -> Distribution:
        """Return 1/K p(z|y); where a condition is given, with that as y."""
        return self.inner.joint_prior()

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x), (B,); on average they lie below it."""
        return log_evidence(self.encode, self.decode, self.inner.joint_prior(), x, samples)
