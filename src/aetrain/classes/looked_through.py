"""What a model of classes and codes defines as the distribution of its data."""

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.classes.joint import JointPosterior, JointPrior


@final
class LookedThrough(Distribution):
    """p(z) = Σ_y ∫ p(z|w) p(w), w = (y, u); draws are exact, the density is an estimate.

    p(z|w) p(w) / q(w|z) with w ~ q(w|z) is p(z) on average, so the mean of its logarithm, which is
    what `log_prob` returns, is a lower bound.

    Arguments:
        prior: p(w).
        decode: w (*batch, K + E) -> p(z|w), batch shape (*batch,).
        encode: z (N, D) -> q(w|z), batch shape (N,).
        event: shape of z, (D,).
    """

    arg_constraints = {}  # pyright: ignore

    def __init__(
        self,
        prior: JointPrior,
        decode: Callable[[Tensor], Distribution],
        encode: Callable[[Tensor], JointPosterior],
        event: torch.Size,
    ) -> None:
        self.prior, self.decode, self.encode = prior, decode, encode
        super().__init__(torch.Size(), event, validate_args=False)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, D)."""
        with torch.no_grad():
            w = self.prior.sample(sample_shape)
            return self.decode(w).sample()

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(z|w) + log p(w) − log q(w|z) at one draw w, (...,), for z (..., D)."""
        z = value.reshape(-1, *self.event_shape)
        q = self.encode(z)
        w = q.sample()
        found = self.decode(w).log_prob(z) + self.prior.log_prob(w) - q.log_prob(w)
        return found.reshape(value.shape[:-1])
