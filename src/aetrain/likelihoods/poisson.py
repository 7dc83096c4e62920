"""The Poisson likelihood."""

from typing import final

import torch
from torch import Tensor

from aetrain.distributions.independent_poisson import IndependentPoisson
from aetrain.families import Family, full_precision, soft_bound
from aetrain.values import COUNTS

LOG_RATE_BOUND = 15.0


@final
class Poisson(Family):
    """Independent counts: log p(x|z) = Σ x log λ − λ − log x!.

    log λ is the raw output, bounded softly to ±15 (rates up to 3 million).

    References:
        Zhou, Hannah, Dunson, Carin: Beta-negative binomial process and Poisson factor analysis.
        2012. https://arxiv.org/abs/1112.3605
    """

    support = COUNTS

    @property
    def parameter_shape(self) -> torch.Size:
        """One raw log rate for each value."""
        return self.event

    def forward(self, raw: Tensor) -> IndependentPoisson:
        """Return p(x|z) from raw log rates (..., *event)."""
        log_rate = soft_bound(full_precision(raw), LOG_RATE_BOUND)
        return IndependentPoisson(log_rate, len(self.event))
