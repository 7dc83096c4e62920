"""A code of two parts: which class, and what else there is to say."""

from typing import final

import torch
from torch import Tensor

from aetrain.distributions.concatenated import Concatenated
from aetrain.distributions.soft_class import SoftClass
from aetrain.families import Family, full_precision


@final
class ClassAndStyle(Family):
    """q(z|x) = δ(softmax(ℓ(x))) q(s|x) for z = (y, s), K class probabilities and a style.

    Arguments:
        classes: K.
        style: q(s|x), of vectors.
    """

    has_density = False

    def __init__(self, classes: int, style: Family) -> None:
        super().__init__((classes + style.event.numel(),))
        self.classes_of, self.style = classes, style

    @property
    def parameter_shape(self) -> torch.Size:
        """K logits, and then what the style needs."""
        return torch.Size((self.classes_of + self.style.parameter_shape.numel(),))

    def forward(self, raw: Tensor) -> Concatenated:
        """Return q(z|x) from raw parameters (..., *parameter_shape)."""
        logits = full_precision(raw[..., : self.classes_of])
        rest = raw[..., self.classes_of :].unflatten(-1, self.style.parameter_shape)
        return Concatenated([SoftClass(logits), self.style(rest)])
