"""Vector quantisation."""

from typing import final

import torch
from torch import Tensor

from aetrain.quantisers.codebook import Codebook
from aetrain.quantisers.quantiser import Quantised, Quantiser, straight_through


@final
class VectorQuantiser(Quantiser):
    """z ↦ eₖ, k = argminⱼ ‖z − eⱼ‖: the nearest of K vectors that follow the features.

    `commitment` = Σ ‖z − sg(eₖ)‖² over the places keeps the features near to their codes; the codes
    need no cost of their own.

    Arguments:
        dimensions: D.
        codes: K.
        decay: γ of the codebook's averages.
        revive_below: a code met by fewer features, discounted by their age, moves to one; 0: never.

    Raises:
        UserError: for numbers that the codebook refuses.

    References:
        van den Oord, Vinyals, Kavukcuoglu: Neural discrete representation learning. 2017.
        https://arxiv.org/abs/1711.00937
    """

    def __init__(
        self,
        dimensions: int,
        *,
        codes: int = 512,
        decay: float = 0.99,
        revive_below: float = 1.0,
    ) -> None:
        super().__init__(dimensions, codes)
        self.codebook = Codebook(dimensions, codes, decay=decay, revive_below=revive_below)

    def forward(self, features: Tensor) -> Quantised:
        """Quantise features (B, P, D)."""
        indices = self.codebook(features.flatten(0, 1)).view(*features.shape[:2], 1)
        values = self.lookup(indices)
        commitment = (features - values).square().sum((1, 2))
        values = straight_through(features, values)
        return Quantised(values, indices, {"commitment": commitment})

    def lookup(self, indices: Tensor) -> Tensor:
        """Return the vectors (..., D) of indices (..., 1)."""
        return self.codebook.vectors[indices.squeeze(-1)]

    @torch.no_grad()
    def begin(self, features: Tensor) -> None:
        """Begin with the clusters of features (N, D)."""
        self.codebook.begin(features)
