"""Orthonormal frames: the subspaces in which flows bend their vectors."""

from abc import ABC, abstractmethod
from typing import final

from torch import Tensor

from aetrain.distributions.matvec import matvec


class Frame(ABC):
    """A matrix Q (D, M) of orthonormal columns, M ≤ D, one for each element of a batch or for all.

    It takes sample dimensions in front of the batch's.
    """

    @abstractmethod
    def into(self, z: Tensor) -> Tensor:
        """Return Qᵀ z (..., M), for z (..., D)."""

    @abstractmethod
    def out(self, y: Tensor) -> Tensor:
        """Return Q y (..., D), for y (..., M)."""


@final
class Matrix(Frame):
    """Q as it stands.

    Arguments:
        columns: Q, (*batch, D, M).
    """

    def __init__(self, columns: Tensor) -> None:
        self.columns = columns

    def into(self, z: Tensor) -> Tensor:
        """Return Qᵀ z (..., M)."""
        return matvec(self.columns.mT, z)

    def out(self, y: Tensor) -> Tensor:
        """Return Q y (..., D)."""
        return matvec(self.columns, y)


@final
class LowRankChange(Frame):
    """Q = I − V Wᵀ, of D columns, which is never made: two thin products take its place.

    Arguments:
        v: V, (*batch, D, H).
        w: W, of the same shape.
    """

    def __init__(self, v: Tensor, w: Tensor) -> None:
        self.v, self.w = v, w

    def into(self, z: Tensor) -> Tensor:
        """Return Qᵀ z (..., D)."""
        return z - matvec(self.w, matvec(self.v.mT, z))

    def out(self, y: Tensor) -> Tensor:
        """Return Q y (..., D)."""
        return y - matvec(self.v, matvec(self.w.mT, y))


@final
class Identity(Frame):
    """Q = I."""

    def into(self, z: Tensor) -> Tensor:
        """Return z."""
        return z

    def out(self, y: Tensor) -> Tensor:
        """Return y."""
        return y


@final
class Reversal(Frame):
    """The Q that reverses the order of the coordinates."""

    def into(self, z: Tensor) -> Tensor:
        """Return z reversed."""
        return z.flip(-1)

    def out(self, y: Tensor) -> Tensor:
        """Return y reversed."""
        return y.flip(-1)
