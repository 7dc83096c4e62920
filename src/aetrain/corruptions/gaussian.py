"""Additive Gaussian noise."""

import math
from typing import final

import torch
from torch import Tensor

from aetrain.corruptions.corruption import Corruption


@final
class Gaussian(Corruption):
    """x̃ = x + level · ε with ε ~ N(0, I); x̃ is not clipped to the range of the data.

    Arguments:
        level: standard deviation σ of the noise, in units of x; 0 or more.

    References:
        Vincent, Larochelle, Lajoie, Bengio, Manzagol: Stacked denoising autoencoders. 2010.
        https://www.jmlr.org/papers/v11/vincent10a.html
    """

    highest = math.inf

    def __init__(self, level: float = 0.25) -> None:
        super().__init__(level)

    def __call__(self, x: Tensor) -> Tensor:
        """Return x̃, (B, *event)."""
        return torch.randn_like(x).mul_(self.level).add_(x)
