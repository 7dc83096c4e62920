"""The Gaussian posterior whose covariance is diagonal but for a few directions."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.low_rank_normal import LowRankNormal
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound
from aetrain.posteriors.diagonal_gaussian import LOG_SCALE_BOUND


@final
class LowRankGaussian(Family):
    """q(z|x) = N(μ, S (I + W Wᵀ) S), S = diag σ, W of R columns, all from x.

    log σ is bounded softly to ±10, and so are the entries of W.

    Arguments:
        event: shape of one latent, (D,).
        rank: R; D − 1 and more can be any covariance, in more numbers than `full_gaussian` takes.

    Raises:
        UserError: where the rank is below 1.

    References:
        Rezende, Mohamed, Wierstra: Stochastic backpropagation and approximate inference in deep
        generative models, section 4.3. 2014. https://arxiv.org/abs/1401.4082
    """

    def __init__(self, event: Sequence[int], *, rank: int = 2) -> None:
        super().__init__(event)
        if rank < 1:
            raise UserError(
                f"posterior.rank={rank}: must be at least 1; without shared directions,"
                " use posterior=diagonal_gaussian"
            )
        self.rank = rank

    @property
    def parameter_shape(self) -> torch.Size:
        """Means, raw log scales, and the columns of W: (2 + R, D)."""
        return torch.Size((2 + self.rank, *self.event))

    def forward(self, raw: Tensor) -> LowRankNormal:
        """Return q(z|x) from raw parameters (..., 2 + R, D)."""
        raw = full_precision(raw)
        bounded = soft_bound(raw[..., 1:, :], LOG_SCALE_BOUND)
        return LowRankNormal(raw[..., 0, :], bounded[..., 0, :], bounded[..., 1:, :].mT)
