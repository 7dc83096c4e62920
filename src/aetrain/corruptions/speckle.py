"""Multiplicative Gaussian noise."""

from typing import final

import torch
from torch import Tensor

from aetrain.corruptions.corruption import Corruption


@final
class Speckle(Corruption):
    """x̃ = x (1 + level · ε) with ε ~ N(0, I): noise as strong as the value it falls on.

    Arguments:
        level: standard deviation of the noise, as a share of x.

    References:
        Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout, section 10. 2014.
        https://jmlr.org/papers/v15/srivastava14a.html
    """

    def __init__(self, level: float = 0.25) -> None:
        super().__init__(level)

    def __call__(self, x: Tensor) -> Tensor:
        """Return x̃, (B, *event)."""
        return torch.randn_like(x).mul_(self.level).add_(1.0).mul_(x)
