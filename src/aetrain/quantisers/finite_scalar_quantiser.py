"""Finite scalar quantisation."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.errors import UserError
from aetrain.quantisers.quantiser import Quantised, Quantiser, straight_through

MOST = 2**16
"""Codes; the prior has a probability for each."""


@final
class FiniteScalarQuantiser(Quantiser):
    """Each of d numbers is rounded to one of its few levels; the codes are all combinations.

    yᵢ = ½(Lᵢ − 1) tanh(uᵢ), where u is a linear map of the features, is rounded to the nearest of
    −½(Lᵢ − 1), ..., ½(Lᵢ − 1), a whole number apart; a linear map goes back to D numbers. So there
    are K = Π Lᵢ codes, and nothing that could die or has to be kept near. The levels lie
    symmetrically for even Lᵢ too (the paper moves them by a half), so Lᵢ = 2 has a gradient at 0.

    Arguments:
        dimensions: D.
        levels: L₁ ... L_d.

    Raises:
        UserError: where there are no levels, one is below 2, or there are more than 65,536 codes.

    References:
        Mentzer, Minnen, Agustsson, Tschannen: Finite scalar quantization: VQ-VAE made simple. 2023.
        https://arxiv.org/abs/2309.15505
    """

    radius: Tensor
    levels: Tensor
    strides: Tensor

    def __init__(self, dimensions: int, *, levels: Sequence[int] = (8, 5, 5, 5)) -> None:
        if not levels or min(levels) < 2:
            raise UserError(
                f"model.quantiser.levels={list(levels)}: must be numbers from 2, such as [8,5,5,5]"
            )
        if (codes := math.prod(levels)) > MOST:
            raise UserError(
                f"model.quantiser.levels={list(levels)}: {codes:,} codes; their product must be at"
                f" most {MOST:,}, as the prior has a probability for each"
            )
        super().__init__(dimensions, codes)
        self.down = nn.Linear(dimensions, len(levels))
        self.up = nn.Linear(len(levels), dimensions)
        strides = [math.prod(levels[:i]) for i in range(len(levels))]
        self.register_buffer("levels", torch.tensor(levels), persistent=False)
        self.register_buffer("strides", torch.tensor(strides), persistent=False)
        self.register_buffer("radius", (self.levels - 1) / 2, persistent=False)

    def forward(self, features: Tensor) -> Quantised:
        """Quantise features (B, P, D)."""
        y = self.radius * torch.tanh(self.down(features))
        digits = (y + self.radius).detach().round()  # 0 ... L − 1
        indices = (digits.long() * self.strides).sum(-1, keepdim=True)
        rounded = straight_through(y, digits - self.radius)
        return Quantised(self.up(rounded / self.radius), indices, {})

    def lookup(self, indices: Tensor) -> Tensor:
        """Return the vectors (..., D) of indices (..., 1)."""
        return self.up((indices // self.strides % self.levels - self.radius) / self.radius)
