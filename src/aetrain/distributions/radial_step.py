"""One radial map."""

import math
from typing import final

import torch
from torch import Tensor
from torch.nn.functional import softplus

from aetrain.distributions.flow import Transform

LOG_E_LESS_ONE = math.log(math.e - 1)


@final
class RadialStep(Transform):
    """z' = z + β (z − c) / (α + r), r = |z − c|, invertible as β > −α.

    With κ = α / (α + r) and m = β / α the determinant is (1 + m κ)^(D−1) (1 + m κ²). As in the
    paper β = −α + (a positive number), here α log(1 + (e − 1) exp b), which is 0 at b = 0.

    Arguments:
        centre: c, (*batch, D).
        log_alpha: log α, (*batch,).
        b: (*batch,).

    References:
        Rezende, Mohamed: Variational inference with normalizing flows, appendix A.2. 2015.
        https://arxiv.org/abs/1505.05770
    """

    def __init__(self, centre: Tensor, log_alpha: Tensor, b: Tensor) -> None:
        self.centre, self.alpha = centre, log_alpha.exp()
        self.stretch = softplus(b + LOG_E_LESS_ONE)  # 1 + m

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return z' (..., D) and the log determinant (...,)."""
        from_centre = z - self.centre
        kappa = self.alpha / (self.alpha + from_centre.norm(dim=-1))
        m = self.stretch - 1
        # m near −1 has lost its digits: where it counts, κ is near 1
        around = (1 - kappa) + self.stretch * kappa
        outward = (1 - kappa * kappa) + self.stretch * kappa * kappa
        log_det = (z.shape[-1] - 1) * around.log() + outward.log()
        return torch.addcmul(z, (m * kappa).unsqueeze(-1), from_centre), log_det

    def inverse(self, z: Tensor) -> Tensor:
        """Return the point that is moved to z; its distance r from c is a quadratic's root.

        r' = r (1 + m κ) is r² + r (α (1 + m) − r') − α r' = 0, with one root that is not negative.
        """
        from_centre = z - self.centre
        distance = from_centre.norm(dim=-1)
        half = 0.5 * (distance - self.alpha * self.stretch)
        product = self.alpha * distance
        # neither form subtracts numbers of the same sign
        great = half.abs() + (half.square() + product).sqrt()
        r = torch.where(half > 0, great, product / great)
        kappa = self.alpha / (self.alpha + r)
        shrink = (1 - kappa) + self.stretch * kappa
        return self.centre + from_centre / shrink.unsqueeze(-1)
