"""A posterior without a density that can take any shape."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.implicit import Implicit as ImplicitDistribution
from aetrain.errors import UserError
from aetrain.families import Family, full_precision
from aetrain.networks.mlp import MLP

FIXED = 32
"""Pairs of η and −η that the mean is taken over."""


@final
class Implicit(Family):
    """z = g(h(x), η) with η ~ N(0, I): noise enters a network g beside what the encoder found.

    With a network of enough width it comes as near as one likes to any distribution, which need
    be no density's. It serves models that compare draws. Its mean, as codes are shown by, is the
    one over 32 fixed pairs of η and −η.

    Arguments:
        event: shape of one code.
        noise: dimensions of η.
        features: numbers h(x) that the encoder puts out.
        hidden: widths of g's layers.

    Raises:
        UserError: where a number is below 1.

    References:
        Makhzani, Shlens, Jaitly, Goodfellow, Frey: Adversarial autoencoders (universal
        approximator posterior). 2016. https://arxiv.org/abs/1511.05644
        Mescheder, Nowozin, Geiger: Adversarial variational Bayes. 2017.
        https://arxiv.org/abs/1701.04722
    """

    has_density = False
    fixed: Tensor

    def __init__(
        self,
        event: Sequence[int],
        *,
        noise: int = 10,
        features: int = 64,
        hidden: Sequence[int] = (64,),
    ) -> None:
        super().__init__(event)
        numbers = {"noise": noise, "features": features, "hidden": min(hidden, default=1)}
        for name, number in numbers.items():
            if number < 1:
                raise UserError(f"posterior.{name}={number}: must be at least 1")
        self.features = features
        given = [torch.Size((features,)), torch.Size((noise,))]
        self.g = MLP(given, self.event, hidden=hidden, activation="gelu")
        half = torch.randn(FIXED, noise)
        self.register_buffer("fixed", torch.cat([half, -half]))

    @property
    def parameter_shape(self) -> torch.Size:
        """The features."""
        return torch.Size((self.features,))

    def forward(self, raw: Tensor) -> ImplicitDistribution:
        """Return q(z|x) from features (..., F)."""
        return ImplicitDistribution(self._map, full_precision(raw), self.fixed, self.event)

    def _map(self, features: Tensor, noise: Tensor) -> Tensor:
        return full_precision(self.g(features, noise))
