"""The continuous Bernoulli likelihood."""

from typing import final

import torch
from torch import Tensor

from aetrain.distributions.independent_continuous_bernoulli import IndependentContinuousBernoulli
from aetrain.families import Family, full_precision, soft_bound
from aetrain.values import UNIT

LOGIT_BOUND = 100.0


@final
class ContinuousBernoulli(Family):
    """Independent values on [0, 1]: log p(x|z) = Σ x log λ + (1 − x) log(1 − λ) + log C(ℓ).

    λ = σ(ℓ) and C(ℓ) = ℓ / tanh(ℓ/2), which makes a density of the cross entropy. The logit ℓ is
    bounded softly to ±100, so that the density at 0 and 1 stays below 100. The mean is not λ.

    References:
        Loaiza-Ganem, Cunningham: The continuous Bernoulli: fixing a pervasive error in variational
        autoencoders. 2019. https://arxiv.org/abs/1907.06845
    """

    support = UNIT

    @property
    def parameter_shape(self) -> torch.Size:
        """One raw logit for each value."""
        return self.event

    def forward(self, raw: Tensor) -> IndependentContinuousBernoulli:
        """Return p(x|z) from raw logits (..., *event)."""
        logits = soft_bound(full_precision(raw), LOGIT_BOUND)
        return IndependentContinuousBernoulli(logits, len(self.event))
