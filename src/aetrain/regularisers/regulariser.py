"""What a model is held by, beside its objective."""

from abc import ABC, abstractmethod

from torch import Tensor

from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms


class Regulariser(ABC):
    """A cost of one pass through encoder and decoder, or a change of their layers.

    A model makes it from its encoder and its decoder, in this order; what it has to keep over a
    resume is theirs, as parameters or buffers.
    """

    @abstractmethod
    def terms(self, x: Tensor, inference: Inference) -> Terms:
        """Return the costs, unweighted; none where the layers do it.

        Arguments:
            x: what was encoded, (B, *event).
            inference: the pass; its own x is what is to be reconstructed.
        """

    @abstractmethod
    def figures(self, x: Tensor, inference: Inference) -> dict[str, Tensor]:
        """Return what a report tells beside its costs, name -> (B,); nothing is differentiated."""
