"""Residual vector quantisation."""

from typing import final

import torch
from torch import Tensor, nn

from aetrain.errors import UserError
from aetrain.quantisers.codebook import Codebook
from aetrain.quantisers.quantiser import Quantised, Quantiser, straight_through


@final
class ResidualQuantiser(Quantiser):
    """z ↦ Σₗ e⁽ˡ⁾, where each of L codebooks quantises what those before it have left over.

    K^L values with K L vectors. `commitment` is the mean over l of Σ ‖z − sg(e⁽¹⁾ + ... + e⁽ˡ⁾)‖²
    over the places, so that L = 1 is vector quantisation.

    Arguments:
        dimensions: D.
        codes: K, vectors of each codebook.
        depth: L.
        decay: γ of the codebooks' averages.
        revive_below: a code met by fewer features, discounted by their age, moves to one; 0: never.

    Raises:
        UserError: where L is below 1, and for numbers that the codebook refuses.

    References:
        Zeghidour et al.: SoundStream: an end-to-end neural audio codec. 2021.
        https://arxiv.org/abs/2107.03312
        Lee et al.: Autoregressive image generation using residual quantization. 2022.
        https://arxiv.org/abs/2203.01941
    """

    def __init__(
        self,
        dimensions: int,
        *,
        codes: int = 256,
        depth: int = 4,
        decay: float = 0.99,
        revive_below: float = 1.0,
    ) -> None:
        super().__init__(dimensions, codes, depth)
        if depth < 1:
            raise UserError(f"model.quantiser.depth={depth}: must be at least 1, such as 4")
        self.codebooks = nn.ModuleList(
            Codebook(dimensions, codes, decay=decay, revive_below=revive_below)
            for _ in range(depth)
        )

    def forward(self, features: Tensor) -> Quantised:
        """Quantise features (B, P, D)."""
        values, indices, costs = torch.zeros_like(features), [], []
        for codebook in self.codebooks:
            left = (features.detach() - values).flatten(0, 1)
            chosen = codebook(left).view(features.shape[:2])
            values = values + codebook.vectors[chosen]  # pyright: ignore[reportIndexIssue]
            indices.append(chosen)
            costs.append((features - values).square().sum((1, 2)))
        commitment = torch.stack(costs).mean(0)
        values = straight_through(features, values)
        return Quantised(values, torch.stack(indices, 2), {"commitment": commitment})

    def lookup(self, indices: Tensor) -> Tensor:
        """Return the vectors (..., D) of indices (..., L)."""
        parts = zip(self.codebooks, indices.unbind(-1), strict=True)
        return torch.stack([book.vectors[chosen] for book, chosen in parts]).sum(0)  # pyright: ignore

    @torch.no_grad()
    def begin(self, features: Tensor) -> None:
        """Begin with the clusters of features (N, D), and of what is left of them at each level."""
        for codebook in self.codebooks:
            assert isinstance(codebook, Codebook)
            codebook.begin(features)
            indices = codebook(features)
            features = features - codebook.vectors[indices]
