"""Masking noise."""

from typing import final

import torch
from torch import Tensor

from aetrain.corruptions.corruption import Corruption


@final
class Masking(Corruption):
    """x̃ = m x with m ~ Bernoulli(1 − level), for each value: a share of them becomes 0.

    Arguments:
        level: probability ν of a 0.

    References:
        Vincent, Larochelle, Bengio, Manzagol: Extracting and composing robust features with
        denoising autoencoders. 2008. https://doi.org/10.1145/1390156.1390294
    """

    def __init__(self, level: float = 0.25) -> None:
        super().__init__(level)

    def __call__(self, x: Tensor) -> Tensor:
        """Return x̃, (B, *event)."""
        # half the time of a masked_fill
        return torch.rand(x.shape, device=x.device).ge_(self.level).to(x.dtype).mul_(x)
