"""Networks that are chains of layers, which can be had one by one."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Layered(nn.Module, ABC):
    """Aₙ f(... f(A₁ h) ...): affine maps A between vectors, with one nonlinearity f between them.

    What is given is flattened to one vector, and the last layer's output takes its own shape.
    """

    nonlinearity: nn.Module
    """f."""

    @property
    @abstractmethod
    def widths(self) -> list[int]:
        """Of the input and of each layer's output, n + 1 numbers."""

    @abstractmethod
    def affine(self, number: int, h: Tensor) -> Tensor:
        """Return Aₖ h, (B, width of its output), of layer k = `number` from 0, for h (B, width)."""

    @abstractmethod
    def parameters_of(self, number: int) -> list[nn.Parameter]:
        """Return all parameters of a layer's affine map."""
