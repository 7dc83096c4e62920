"""The standard normal prior."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.standard_normal import StandardNormal as StandardNormalDistribution
from aetrain.priors.prior import Prior


@final
class StandardNormal(Prior):
    """p(z) = N(0, I).

    References:
        Kingma, Welling: Auto-encoding variational Bayes. 2014. https://arxiv.org/abs/1312.6114
    """

    zero: Tensor

    def __init__(self, event: Sequence[int]) -> None:
        super().__init__(event)
        self.register_buffer("zero", torch.zeros(self.event), persistent=False)

    def forward(self) -> StandardNormalDistribution:
        """Return N(0, I) over the event."""
        return StandardNormalDistribution(self.zero, len(self.event))
