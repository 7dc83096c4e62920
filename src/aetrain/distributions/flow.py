"""A distribution pushed through invertible maps."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.own_rate import OwnRate, closed_form


class Transform(ABC):
    """An invertible map of vectors, over the last dimension.

    Its parameters may be a network's outputs of shape (*batch, ...): they have to broadcast over
    sample dimensions in front.
    """

    @abstractmethod
    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return z' = f(z), (..., D), and log|det ∂f/∂z|, which broadcasts to (...,)."""

    @abstractmethod
    def inverse(self, z: Tensor) -> Tensor:
        """Return f⁻¹(z), (..., D), which gradients can be taken of."""


def joint_batch(z: Tensor, context: Tensor) -> torch.Size:
    """Return the batch shape that vectors z (..., D) and what goes with them (..., H) share."""
    return torch.broadcast_shapes(z.shape[:-1], context.shape[:-1])


@final
class Flow(OwnRate):
    """q(z) of z = f_T(… f_1(z₀)), z₀ ~ base: log q(z) = log base(z₀) − Σ log|det ∂f_t|.

    The density of the very tensor that was drawn last is known from the draw; other values go back
    through the inverses.

    Arguments:
        base: any distribution over vectors that can be reparameterised, event shape (D,).
        transforms: f_1 ... f_T, in the order in which a draw passes them.

    References:
        Rezende, Mohamed: Variational inference with normalizing flows. 2015.
        https://arxiv.org/abs/1505.05770
    """

    has_rsample = True
    arg_constraints = {}  # pyright: ignore

    def __init__(self, base: Distribution, transforms: Sequence[Transform]) -> None:
        self.base, self.transforms = base, transforms
        self._drawn: tuple[Tensor, Tensor, Tensor | float, bool] | None = None
        super().__init__(base.batch_shape, base.event_shape, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The image of the base's mean, (*batch, D), which is the mean where all f are affine."""
        z = self.base.mean
        for transform in self.transforms:
            z, _ = transform.forward(z)
        return z

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, D)."""
        source = z = self.base.rsample(torch.Size(sample_shape))
        total: Tensor | float = 0.0
        for transform in self.transforms:
            z, log_det = transform.forward(z)
            total = total + log_det
        self._drawn = (z, source, total, torch.is_grad_enabled())
        return z

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log q(z), (..., *batch), for z (..., *batch, D)."""
        source, log_det = self.source(value)
        return self.base.log_prob(source) - log_det

    def rate(self, z: Tensor, prior: Distribution) -> Tensor:
        """Return KL(q₀ ‖ p) + E[log p(z₀) − log p(z) − Σ log|det|], (B,), for draws z (S, B, D).

        Only what the flow adds to its base is estimated where the base's own KL is known. Near the
        identity both parts of the expectation cancel, draw by draw, and so does the noise in their
        gradient.
        """
        if (of_base := closed_form(self.base, prior)) is None:
            return (self.log_prob(z) - prior.log_prob(z)).mean(0)
        source, log_det = self.source(z)
        return of_base + (prior.log_prob(source) - prior.log_prob(z) - log_det).mean(0)

    def rates(self, z: Tensor, prior: Distribution) -> None:
        """Return None: a flow mixes the dimensions."""

    def source(self, value: Tensor) -> tuple[Tensor, Tensor | float]:
        """Return z₀ with f_T(… f_1(z₀)) = z, and Σ log|det ∂f_t| on the way."""
        if self._drawn is not None:
            drawn, source, total, differentiable = self._drawn
            # what was computed without a graph is of no use to who wants a gradient
            if value is drawn and (differentiable or not torch.is_grad_enabled()):
                return source, total
        total = 0.0
        for transform in reversed(self.transforms):
            value = transform.inverse(value)
            total = total + transform.forward(value)[1]
        return value, total
