"""A class that a network is more or less sure of, as a point code."""

from typing import Any, final

from torch import Tensor
from torch.distributions import Distribution
from torch.nn.functional import cross_entropy

from aetrain.errors import UserError


@final
class SoftClass(Distribution):
    """All mass at the probabilities softmax(ℓ) of K classes, as a code: it has no density.

    Arguments:
        logits: ℓ, (*batch, K).
    """

    arg_constraints = {}  # pyright: ignore
    has_rsample = True

    def __init__(self, logits: Tensor) -> None:
        self.logits = logits
        super().__init__(logits.shape[:-1], logits.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The probabilities, (*batch, K)."""
        return self.logits.softmax(-1)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return the probabilities, repeated: (*sample_shape, *batch, K)."""
        return self.mean.expand(*sample_shape, *self.logits.shape)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return the same without its gradient."""
        return self.rsample(sample_shape).detach()

    def log_prob(self, value: Tensor) -> Tensor:
        """Refuse: a point mass has no density."""
        raise UserError(
            "codes of class and style hold class probabilities, a point without a density, so there"
            " is no rate: use objective=reconstruction"
        )

    def surprise(self, y: Tensor) -> Tensor:
        """Return −log softmax(ℓ)_y in nats, (B,), for classes y (B,); 0 where y < 0."""
        return cross_entropy(self.logits, y, reduction="none", ignore_index=-1)
