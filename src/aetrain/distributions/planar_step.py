"""One planar map."""

import math
from typing import final

import torch
from torch import Tensor
from torch.nn.functional import softplus

from aetrain.distributions.flow import Transform
from aetrain.distributions.monotone_root import monotone_root

LOG_E_LESS_ONE = math.log(math.e - 1)


@final
class PlanarStep(Transform):
    """z' = z + û tanh(wᵀz + b), with |det| = 1 + tanh'(wᵀz + b) wᵀû > 0.

    The map is invertible where wᵀû > −1. As in the paper u is moved along w, to
    û = u + (m(wᵀu) − wᵀu) w / |w|², where m rises from −1 without bound. Here
    m(a) = −1 + log(1 + (e − 1) exp a): the paper's, shifted so that m(0) = 0. Without the shift
    û grows without bound as w goes to 0.

    Arguments:
        u: (*batch, D).
        w: (*batch, D).
        b: (*batch,).
        bound: wᵀu is bounded softly to ± this before m.

    References:
        Rezende, Mohamed: Variational inference with normalizing flows, appendix A.1. 2015.
        https://arxiv.org/abs/1505.05770
    """

    def __init__(self, u: Tensor, w: Tensor, b: Tensor, bound: float = 10.0) -> None:
        self.w, self.b = w, b
        along = (w * u).sum(-1)
        bounded = along * (bound / (bound + along.abs()))
        self.stretch = softplus(bounded + LOG_E_LESS_ONE)  # 1 + wᵀû
        length = w.square().sum(-1) + torch.finfo(w.dtype).tiny
        # wᵀû to all digits at 0, where it is divided by a small |w|²
        image = torch.log1p((1 - 1 / math.e) * bounded.expm1())
        self.u = u + ((image - along) / length).unsqueeze(-1) * w

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return z' (..., D) and log(1 + (1 − t²) wᵀû) (...,), t = tanh(wᵀz + b)."""
        t = ((self.w * z).sum(-1) + self.b).tanh()
        # 1 + wᵀû is kept and not wᵀû, which near −1 has lost its digits
        return z + self.u * t.unsqueeze(-1), self._slope(t).log()

    def inverse(self, z: Tensor) -> Tensor:
        """Return the point that is moved to z: a = wᵀz₀ solves a + wᵀû tanh(a + b) = wᵀz."""
        goal = (self.w * z).sum(-1)
        along = self.stretch - 1

        def excess(step: Tensor) -> tuple[Tensor, Tensor]:
            t = (goal + step + self.b).tanh()
            return step + along * t, self._slope(t)

        step = monotone_root(excess, along.abs().expand_as(goal))
        return z - self.u * (goal + step + self.b).tanh().unsqueeze(-1)

    def _slope(self, t: Tensor) -> Tensor:
        return self.stretch + t.square() * (1 - self.stretch)
