"""How what comes up from the data meets what comes down from the layers above."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor, nn

from aetrain.distributions.diagonal_normal import DiagonalNormal


class Merge(nn.Module, ABC):
    """q(zₗ | z above, x) of one layer below the top."""

    @abstractmethod
    def forward(
        self, raw: Tensor, up: Tensor, down: Tensor, prior: DiagonalNormal
    ) -> DiagonalNormal:
        """Return q(zₗ | z above, x), batch shape (N,).

        Arguments:
            raw: means and raw log scales that came up from x, (N, 2, D).
            up: the features from which the layer above is inferred, (N, U).
            down: the features that p(zₗ | z above) was computed from, (N, W).
            prior: p(zₗ | z above), batch shape (N,).
        """


MergeMaker = Callable[[int, int, int], Merge]
"""(D, U, W) -> a merge for a layer of these sizes."""
