"""Networks that see the values before the one they predict."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class AutoregressiveNetwork(nn.Module, ABC):
    """The parameters of p(xᵢ | x₁ ... xᵢ₋₁, z) for all places i at once.

    Places are the pixels in raster order; all channels of a pixel are one place.
    """

    @abstractmethod
    def condition(self, *given: Tensor) -> Tensor:
        """Return what the conditioning variables (N, *shape) say, (N, ...), computed once."""

    @abstractmethod
    def forward(self, condition: Tensor, x: Tensor) -> Tensor:
        """Return raw parameters (N, *parameter_shape), at each place from x before that place."""
