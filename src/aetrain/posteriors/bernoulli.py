"""The posterior of binary codes."""

from typing import final

import torch
from torch import Tensor

from aetrain.distributions.straight_through_bernoulli import StraightThroughBernoulli
from aetrain.families import Family, full_precision, soft_bound
from aetrain.spaces import Space

LOGIT_BOUND = 10.0


@final
class Bernoulli(Family):
    """q(z|x) = Π Bernoulli(zᵢ; σ(ℓᵢ(x))): draws are 0 or 1, their gradient is an estimate.

    The estimator is the straight-through one of second order, see
    `aetrain.distributions.straight_through_bernoulli`; it is biased unless the cost is quadratic
    in each value. The rate to a Bernoulli prior is in closed form. ℓ is bounded softly to ±10.

    References:
        Bengio, Léonard, Courville: Estimating or propagating gradients through stochastic neurons
        for conditional computation. 2013. https://arxiv.org/abs/1308.3432
        Liu, Dong, Liu, Yu, Gao: Bridging discrete and backpropagation: straight-through and
        beyond. 2023. https://arxiv.org/abs/2304.08612
    """

    space = Space.BINARY

    @property
    def parameter_shape(self) -> torch.Size:
        """One raw logit for each value."""
        return self.event

    def forward(self, raw: Tensor) -> StraightThroughBernoulli:
        """Return q(z|x) from raw logits (..., *event)."""
        logits = soft_bound(full_precision(raw), LOGIT_BOUND)
        return StraightThroughBernoulli(logits, len(self.event))
