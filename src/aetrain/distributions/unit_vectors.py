"""Classes as unit vectors."""

from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution
from torch.nn.functional import one_hot


@final
class UnitVectors(Distribution):
    """The k-th unit vector with probability softmax(ℓ)ₖ; torch's own waits for the device.

    Arguments:
        logits: ℓ, (*batch, K).
    """

    arg_constraints = {}  # pyright: ignore

    def __init__(self, logits: Tensor) -> None:
        self.classes = Categorical(logits=logits, validate_args=False)
        super().__init__(logits.shape[:-1], logits.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The probabilities, (*batch, K)."""
        return self.classes.probs

    @property
    def variance(self) -> Tensor:
        """p (1 − p), (*batch, K)."""
        return self.mean * (1 - self.mean)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return unit vectors, (*sample_shape, *batch, K)."""
        drawn = one_hot(self.classes.sample(torch.Size(sample_shape)), self.event_shape[0])
        return drawn.to(self.mean.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log softmax(ℓ)ₖ of unit vectors (..., K), of the batch's shape."""
        return (value * self.classes.logits).sum(-1)
