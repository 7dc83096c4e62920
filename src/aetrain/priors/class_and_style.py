"""The prior of a code of two parts: any class with one probability, and a style."""

from typing import final

import torch
from torch import Tensor

from aetrain.distributions.concatenated import Concatenated
from aetrain.distributions.unit_vectors import UnitVectors
from aetrain.priors.prior import Prior


@final
class ClassAndStylePrior(Prior):
    """p(z) = 1/K p(s) for z = (y, s), y one of K unit vectors.

    Arguments:
        classes: K.
        style: p(s), of vectors.
    """

    has_density = False
    even: Tensor

    def __init__(self, classes: int, style: Prior) -> None:
        super().__init__((classes + style.event.numel(),))
        self.style = style
        self.register_buffer("even", torch.zeros(classes), persistent=False)

    def forward(self) -> Concatenated:
        """Return p(z)."""
        return Concatenated([UnitVectors(self.even), self.style()])
