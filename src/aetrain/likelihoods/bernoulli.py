"""The Bernoulli likelihood."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.independent_bernoulli import IndependentBernoulli
from aetrain.families import Family, full_precision
from aetrain.values import BINARY, UNIT


@final
class Bernoulli(Family):
    """Independent binary values: log p(x|z) = Σ x log π + (1 − x) log(1 − π), π = σ(raw).

    Arguments:
        event: shape of one event.
        grey: also accept values between 0 and 1. The result is then the expected log mass of
            their random binarisation, as in Kingma and Welling's experiments, and no mass on the
            grey values themselves: figures of the two kinds cannot be compared.

    References:
        Kingma, Welling: Auto-encoding variational Bayes, appendix C.1. 2014.
        https://arxiv.org/abs/1312.6114
    """

    support = BINARY

    def __init__(self, event: Sequence[int], *, grey: bool = False) -> None:
        super().__init__(event)
        if grey:
            self.support, self.normalised = UNIT, False

    @property
    def parameter_shape(self) -> torch.Size:
        """One logit for each value."""
        return self.event

    def forward(self, raw: Tensor) -> IndependentBernoulli:
        """Return p(x|z) from logits (..., *event)."""
        return IndependentBernoulli(full_precision(raw), len(self.event))
