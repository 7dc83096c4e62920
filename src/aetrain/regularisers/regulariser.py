"""What keeps a decoder smooth, so that it may be decoded from between its codes."""

from abc import ABC, abstractmethod

from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.objectives.terms import Terms


class Regulariser(ABC):
    """A cost of a decoder, or a change of its layers.

    Arguments:
        decoder: p(x|z).
    """

    def __init__(self, decoder: Conditional) -> None:
        self.decoder = decoder

    @abstractmethod
    def terms(self, z: Tensor) -> Terms:
        """Return the costs at codes z (B, *latent), unweighted; none where the layers do it."""
