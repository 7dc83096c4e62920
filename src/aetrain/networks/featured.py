"""A network whose last hidden layer can be looked at."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.conditional import Network


@final
class Featured(nn.Module):
    """A linear map of the features f(x), which a network of another kind computes.

    Arguments:
        network: makes f.
        given: shapes of the inputs.
        out: shape of the output.
        width: number of features.
    """

    def __init__(
        self, network: Network, given: Sequence[torch.Size], out: torch.Size, *, width: int
    ) -> None:
        super().__init__()
        self.body = network(given, torch.Size((width,)))
        self.head = nn.Linear(width, out.numel())
        self.out = torch.Size(out)

    def features(self, *given: Tensor) -> Tensor:
        """Return f, (B, width), with its nonlinearity, for tensors (B, *shape)."""
        return nn.functional.leaky_relu(self.body(*given), 0.2)

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (B, *shape) to (B, *out)."""
        return self.head(self.features(*given)).unflatten(1, self.out)
