"""One Sylvester map."""

from typing import final

import torch
from torch import Tensor

from aetrain.distributions.flow import Transform
from aetrain.distributions.frame import Frame
from aetrain.distributions.matvec import matvec
from aetrain.distributions.monotone_root import monotone_root


@final
class SylvesterStep(Transform):
    """z' = z + Q R tanh(R̃ Qᵀz + b), with |det| = Π (1 + tanh'(·)ᵢ Rᵢᵢ R̃ᵢᵢ).

    R and R̃ are upper triangular of order M with Rᵢᵢ R̃ᵢᵢ > −1, which makes the map invertible.

    Arguments:
        frame: Q, of M orthonormal columns.
        outer: R, (*batch, M, M).
        inner: R̃, (*batch, M, M).
        b: (*batch, M).

    References:
        van den Berg, Hasenclever, Tomczak, Welling: Sylvester normalizing flows for variational
        inference. 2018. https://arxiv.org/abs/1803.05649
    """

    def __init__(self, frame: Frame, outer: Tensor, inner: Tensor, b: Tensor) -> None:
        self.frame, self.outer, self.inner, self.b = frame, outer, inner, b
        self.product = _diagonal(outer) * _diagonal(inner)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return z' (..., D) and the log determinant (...,)."""
        t = (matvec(self.inner, self.frame.into(z)) + self.b).tanh()
        log_det = torch.log1p((1 - t.square()) * self.product).sum(-1)
        return z + self.frame.out(matvec(self.outer, t)), log_det

    def inverse(self, z: Tensor) -> Tensor:
        """Return the point that is moved to z.

        With y = Qᵀz₀ row i of y + R tanh(R̃ y + b) = Qᵀz has yᵢ as its one unknown once those
        after it are known: M increasing functions, solved one after another, the last one first.
        """
        goal = self.frame.into(z)
        goal = goal.expand(torch.broadcast_shapes(goal.shape, self.b.shape))
        outer, inner = _diagonal(self.outer), _diagonal(self.inner)
        y, t = [], []
        for i in reversed(range(goal.shape[-1])):
            shift, aim = self.b[..., i], goal[..., i]
            if y:
                after = slice(i + 1, None)
                shift = shift + (self.inner[..., i, after] * torch.stack(y, -1)).sum(-1)
                aim = aim - (self.outer[..., i, after] * torch.stack(t, -1)).sum(-1)
            found = _solve(outer[..., i], inner[..., i], aim, shift)
            y.insert(0, found)
            t.insert(0, (inner[..., i] * found + shift).tanh())
        moved = matvec(self.outer, torch.stack(t, -1))
        return z - self.frame.out(moved)


def _solve(outer: Tensor, inner: Tensor, aim: Tensor, shift: Tensor) -> Tensor:
    """Return the y with y + r tanh(r̃ y + c) = aim."""

    def excess(step: Tensor) -> tuple[Tensor, Tensor]:
        t = (inner * (aim + step) + shift).tanh()
        return step + outer * t, 1 + outer * inner * (1 - t.square())

    return aim + monotone_root(excess, outer.abs().expand_as(aim))


def _diagonal(matrix: Tensor) -> Tensor:
    return matrix.diagonal(dim1=-2, dim2=-1)
