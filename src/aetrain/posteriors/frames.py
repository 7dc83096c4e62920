"""How the frames of Sylvester flows are computed from a network's outputs."""

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.frame import Frame, Identity, LowRankChange, Matrix, Reversal
from aetrain.families import soft_bound

ENTRY_BOUND = 10.0


class Frames(ABC):
    """From raw numbers to one orthonormal frame for each step.

    Attributes:
        width: M, how many columns a frame has.
        size: how many raw numbers it takes for each step.
    """

    width: int
    size: int

    @abstractmethod
    def made(self, raw: Tensor) -> list[Frame]:
        """Return T frames of batch shape (*batch,), from raw numbers (*batch, T, size)."""


@final
class Orthogonal(Frames):
    """Any M orthonormal columns: those of a Cayley transform (I + A)⁻¹ (I − A), A = −Aᵀ.

    With A = [X, −Yᵀ; Y, 0], X = −Xᵀ (M, M), they are [2 F⁻¹ − I; −2 Y F⁻¹], F = I + X + YᵀY. The
    symmetric part of F is at least I, so it can always be inverted and the columns are orthonormal
    to rounding error, where the paper's iteration of Björck and Bowie may not have converged. At
    raw = 0 they are the first coordinates; each step's rows are rolled by M more, so that
    the steps begin with all coordinates in turn.

    Arguments:
        dimensions: D.
        width: M.
    """

    def __init__(self, dimensions: int, width: int) -> None:
        self.width, self.rest = width, dimensions - width
        self.skew = width * (width - 1) // 2
        self.size = self.skew + self.rest * width

    def made(self, raw: Tensor) -> list[Frame]:
        """Return T frames, from raw numbers (*batch, T, size)."""
        m, raw = self.width, soft_bound(raw, ENTRY_BOUND)
        x = raw.new_zeros(*raw.shape[:-1], m, m)
        i, j = torch.tril_indices(m, m, -1, device=raw.device).unbind()
        x[..., i, j] = raw[..., : self.skew]
        y = raw[..., self.skew :].unflatten(-1, (self.rest, m))
        eye = torch.eye(m, dtype=raw.dtype, device=raw.device)
        with torch.autocast(raw.device.type, enabled=False):
            f = eye + (x - x.mT) + y.mT @ y
            twice = 2 * torch.linalg.inv_ex(f).inverse
            columns = torch.cat([twice - eye, -(y @ twice)], -2)
        return [Matrix(q.roll(t * m, -2)) for t, q in enumerate(columns.unbind(-3))]


@final
class Householder(Frames):
    """Q = Π (I − 2 v vᵀ / |v|²), a product of H reflections, M = D.

    With the unit vectors v as columns of V it is I − V T Vᵀ, where T⁻¹ = ½ I + what is above the
    diagonal of VᵀV.

    Arguments:
        dimensions: D.
        reflections: H.

    References:
        Schreiber, Van Loan: A storage-efficient WY representation for products of Householder
        transformations. 1989. https://doi.org/10.1137/0910005
    """

    def __init__(self, dimensions: int, reflections: int) -> None:
        self.width, self.reflections = dimensions, reflections
        self.size = dimensions * reflections

    def made(self, raw: Tensor) -> list[Frame]:
        """Return T frames, from raw numbers (*batch, T, size)."""
        v = soft_bound(raw, ENTRY_BOUND).unflatten(-1, (self.reflections, self.width))
        v = v * v.square().sum(-1, keepdim=True).clamp_min(torch.finfo(v.dtype).tiny).rsqrt()
        half = 0.5 * torch.eye(self.reflections, dtype=v.dtype, device=v.device)
        with torch.autocast(raw.device.type, enabled=False):
            inverse = (v @ v.mT).triu(1) + half
            # W = V Tᵀ, its rows as columns
            w = torch.linalg.solve_triangular(inverse, v, upper=True)
        parts = zip(v.mT.unbind(-3), w.mT.unbind(-3), strict=True)
        return [LowRankChange(*part) for part in parts]


@final
class Alternating(Frames):
    """The identity and the reversal of all coordinates in turn, M = D; nothing is computed.

    Arguments:
        dimensions: D.
    """

    size = 0

    def __init__(self, dimensions: int) -> None:
        self.width = dimensions

    def made(self, raw: Tensor) -> list[Frame]:
        """Return T frames, from raw numbers (*batch, T, 0)."""
        return [Reversal() if t % 2 else Identity() for t in range(raw.shape[-2])]
