"""What a quantiser is."""

from abc import ABC, abstractmethod
from typing import NamedTuple

from torch import Tensor, nn

from aetrain.objectives.terms import Terms


class Quantised(NamedTuple):
    """What became of features (B, P, D) at P places.

    Attributes:
        values: elements of the finite set, (B, P, D), with the gradient of the features.
        indices: their numbers, (B, P, L), int64, each from 0 to K − 1.
        costs: what training adds to the distortion, name -> (B,), unweighted.
    """

    values: Tensor
    indices: Tensor
    costs: Terms


class Quantiser(nn.Module, ABC):
    """Takes each of an example's P feature vectors to one of K^L.

    Arguments:
        dimensions: D, numbers of one feature vector.
        codes: K, values of one index.
        depth: L, indices of one place.
    """

    def __init__(self, dimensions: int, codes: int, depth: int = 1) -> None:
        super().__init__()
        self.dimensions, self.codes, self.depth = dimensions, codes, depth

    @abstractmethod
    def forward(self, features: Tensor) -> Quantised:
        """Quantise features (B, P, D)."""

    @abstractmethod
    def lookup(self, indices: Tensor) -> Tensor:
        """Return the vectors (..., D) of indices (..., L)."""

    def begin(self, features: Tensor) -> None:
        """Look at features (N, D) of training data once, before the first step."""


def straight_through(features: Tensor, values: Tensor) -> Tensor:
    """Return `values`, bit for bit, with the gradient of `features`: ∂/∂features is the identity.

    References:
        Bengio, Léonard, Courville: Estimating or propagating gradients through stochastic neurons
        for conditional computation. 2013. https://arxiv.org/abs/1308.3432
    """
    return values.detach() + (features - features.detach())
