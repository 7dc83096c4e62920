"""A distribution that is known by its draws alone."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.errors import UserError

Map = Callable[[Tensor, Tensor], Tensor]
"""Features (N, F) and noise (N, E) -> z (N, *event)."""


@final
class Implicit(Distribution):
    """The distribution of z = g(h, η), η ~ N(0, I): it can be sampled but not scored.

    Its mean and its variance are those over a fixed set of η, the same whenever they are asked for.

    Arguments:
        g: the map.
        features: h, (*batch, F).
        fixed: the η of the mean, (K, E).
        event: shape of z.
    """

    arg_constraints = {}  # pyright: ignore
    has_rsample = True

    def __init__(self, g: Map, features: Tensor, fixed: Tensor, event: torch.Size) -> None:
        self.g, self.features, self.fixed = g, features, fixed
        super().__init__(features.shape[:-1], event, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The mean of g(h, η) over the fixed η, (*batch, *event)."""
        return self._fixed.mean(0)

    @property
    def variance(self) -> Tensor:
        """The variance of g(h, η) over the fixed η, (*batch, *event)."""
        return self._fixed.var(0, correction=0)

    @cached_property
    def _fixed(self) -> Tensor:
        k, e = self.fixed.shape
        ones = [1] * len(self.batch_shape)
        return self._at(self.fixed.reshape(k, *ones, e).expand(k, *self.batch_shape, e))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws with their gradients, (*sample_shape, *batch, *event)."""
        shape = (*torch.Size(sample_shape), *self.batch_shape, self.fixed.shape[-1])
        like = self.features
        return self._at(torch.randn(shape, dtype=like.dtype, device=like.device))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws, (*sample_shape, *batch, *event)."""
        with torch.no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Refuse: there is no density to be had."""
        raise UserError(
            "posterior=implicit can be sampled but has no density that is known, so there is no"
            " rate: use objective=reconstruction with model=aae, or posterior=diagonal_gaussian"
        )

    def _at(self, noise: Tensor) -> Tensor:
        """Return g(h, η) for noise (*shape, *batch, E), (*shape, *batch, *event)."""
        h = self.features.expand(*noise.shape[:-1], -1)
        z = self.g(h.reshape(-1, h.shape[-1]), noise.reshape(-1, noise.shape[-1]))
        return z.reshape(*noise.shape[:-1], *self.event_shape)
