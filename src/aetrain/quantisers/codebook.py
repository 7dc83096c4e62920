"""Vectors that follow the features nearest to them."""

from typing import final

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.evolving import Evolving
from aetrain.quantisers.assignment import nearest, totals
from aetrain.quantisers.kmeans import kmeans
from aetrain.world import World


@final
class Codebook(Evolving):
    """K vectors eₖ, each the mean of the features that were nearest to it, the older the lighter.

    After each step Nₖ ← γ Nₖ + nₖ and Sₖ ← γ Sₖ + Σ z over the batch's nₖ features z nearest to eₖ;
    then eₖ = Sₖ / Nₖ, and where no feature ever was, eₖ stays. So Nₖ counts features: Σ N = Σₜ
    γ^(T−t) nₜ, all that were seen in T steps, discounted by their age; for γ = 1, all.

    A code with Nₖ below a threshold is dead: it moves to a random feature of the batch, as if it
    had been met so often there.

    Arguments:
        dimensions: D.
        codes: K.
        decay: γ.
        revive_below: the threshold, in features; 0 lets the dead lie.

    Raises:
        UserError: where K is below 2, γ is not in (0, 1], or the threshold is negative.

    References:
        van den Oord, Vinyals, Kavukcuoglu: Neural discrete representation learning. 2017 (A.1).
        https://arxiv.org/abs/1711.00937
        Dhariwal et al.: Jukebox: a generative model for music. 2020 (random restarts).
        https://arxiv.org/abs/2005.00341
    """

    vectors: Tensor
    counts: Tensor
    sums: Tensor

    def __init__(
        self, dimensions: int, codes: int, *, decay: float = 0.99, revive_below: float = 1.0
    ) -> None:
        super().__init__()
        if codes < 2:
            raise UserError(f"model.quantiser.codes={codes}: must be at least 2, such as 512")
        if not 0 < decay <= 1:
            raise UserError(
                f"model.quantiser.decay={decay}: must be above 0 and at most 1, such as 0.99"
            )
        if not revive_below >= 0:
            raise UserError(
                f"model.quantiser.revive_below={revive_below}: must be at least 0, such as 1.0"
            )
        self.codes, self.decay, self.revive_below = codes, decay, revive_below
        self.register_buffer("vectors", torch.randn(codes, dimensions))
        self.register_buffer("counts", torch.zeros(codes))
        self.register_buffer("sums", torch.zeros(codes, dimensions))
        self._seen: tuple[Tensor, Tensor] | None = None

    def forward(self, features: Tensor) -> Tensor:
        """Return the indices (N,) of the vectors nearest to features (N, D).

        In training they are remembered until `after_step`; a pass without gradients is no training.
        """
        features = features.detach()
        indices = nearest(features, self.vectors)
        if self.training and torch.is_grad_enabled():
            self._seen = features, indices
        return indices

    @torch.no_grad()
    def after_step(self, step: int, total: int, world: World) -> None:
        """Follow the features of the batch, of all processes."""
        if self._seen is None:
            return
        (features, indices), self._seen = self._seen, None
        counts, sums = totals(features, indices, self.codes)
        drawn = torch.zeros_like(self.vectors)
        if world.rank == 0:  # its batch has an example at least, and the others get its draws
            drawn = features[torch.randint(len(features), (self.codes,), device=features.device)]
        message = world.sum(torch.cat([counts.unsqueeze(1), sums, drawn], 1))
        n, sums, drawn = message.split([1, *2 * [features.shape[1]]], 1)
        self._move(self.decay * self.counts + n.squeeze(1), self.decay * self.sums + sums, drawn)

    @torch.no_grad()
    def begin(self, features: Tensor) -> None:
        """Begin with the clusters of features (N, D) of training data."""
        centres = kmeans(features, self.codes)
        self.vectors.copy_(centres)
        counts, sums = totals(features, nearest(features, centres), self.codes)
        self.counts.copy_(counts)
        self.sums.copy_(sums)

    def _move(self, counts: Tensor, sums: Tensor, drawn: Tensor) -> None:
        dead = counts < self.revive_below
        self.counts.copy_(torch.where(dead, self.revive_below, counts))
        self.sums.copy_(torch.where(dead.unsqueeze(1), self.revive_below * drawn, sums))
        n = self.counts.unsqueeze(1)
        self.vectors.copy_(torch.where(n > 0, self.sums / n, self.vectors))
