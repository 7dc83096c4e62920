"""What a prior is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import nn
from torch.distributions import Distribution


class Prior(nn.Module, ABC):
    """p(z), possibly with learned parameters.

    Arguments:
        event: shape of one latent, such as (D,).
    """

    def __init__(self, event: Sequence[int]) -> None:
        super().__init__()
        self.event = torch.Size(event)

    @abstractmethod
    def forward(self) -> Distribution:
        """Return p(z), of batch shape () and event shape `event`."""
