"""Clusters of an autoencoder's codes, which others learn from."""

from typing import final

import torch
from torch import Tensor, nn

from aetrain.conditional import Conditional
from aetrain.data.module import DataModule
from aetrain.priors.full_gaussian_mixture import FullGaussianMixture
from aetrain.world import World


@final
class Guide(nn.Module):
    """An encoder of class and style that stays as it is, and a Gaussian mixture of its styles.

    No one trains it, and once it has guided it is of no use; it stays in the checkpoints.

    Arguments:
        encoder: of codes z = (y, s); of its own, and conditioned by what the other one is.
        clusters: K, the length of y, and the mixture's components.
        starts: of expectation maximisation.
    """

    def __init__(self, encoder: Conditional, clusters: int, starts: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.clusters, self.starts = clusters, starts
        (size,) = encoder.event
        self.mixture = FullGaussianMixture((size - clusters,), components=clusters)
        self.requires_grad_(False)

    def begin(self, encoder: Conditional, data: DataModule, seed: int, world: World) -> None:
        """Take the other encoder's weights, and fit the mixture to its styles of examples."""
        self.encoder.load_state_dict(encoder.state_dict())
        self.mixture.begin(self._style, data, starts=self.starts, seed=seed, world=world)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """Return the probabilities of the clusters that examples belong to, (B, K)."""
        return self.mixture().responsibilities(self._style(x))

    def _style(self, x: Tensor) -> Tensor:
        return self.encoder(x).mean[..., self.clusters :]
