"""No merge: each layer is inferred from the data alone."""

from typing import final

from torch import Tensor

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.layers.merge import Merge
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian


@final
class BottomUp(Merge):
    """q(zₗ | x) = N(μ̂, σ̂²): what came up from the data, whatever the layers above are.

    It is what the merges are measured against; the layers' posteriors are independent.

    Arguments:
        latent: D.
        up: size of the features that came up, which are not used.
        down: size of the features that came down, which are not used.
    """

    def __init__(self, latent: int, up: int, down: int) -> None:
        super().__init__()
        self.family = DiagonalGaussian((latent,))

    def forward(
        self, raw: Tensor, up: Tensor, down: Tensor, prior: DiagonalNormal
    ) -> DiagonalNormal:
        """Return N(μ̂, σ̂²), batch shape (N,); see `Merge`."""
        return self.family(raw)
