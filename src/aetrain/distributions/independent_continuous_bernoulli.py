"""Independent values of the continuous Bernoulli distribution."""

import math
from typing import Any, final

import torch
from torch import Tensor

from aetrain.distributions.cross_entropy import binary_cross_entropy
from aetrain.distributions.elementwise import Elementwise

LOG_TWO = math.log(2)
SMALL = 0.25
"""|ℓ| below which series in ℓ replace formulas that divide 0 by 0."""


@final
class IndependentContinuousBernoulli(Elementwise):
    """Π C(ℓᵢ) λᵢ^xᵢ (1 − λᵢ)^(1 − xᵢ) on [0, 1], λ = σ(ℓ), C(ℓ) = ℓ / tanh(ℓ/2), C(0) = 2.

    Arguments:
        logits: ℓ, (*batch, *event).
        event_dims: how many of the last dimensions are one event.

    References:
        Loaiza-Ganem, Cunningham: The continuous Bernoulli: fixing a pervasive error in variational
        autoencoders. 2019. https://arxiv.org/abs/1907.06845
    """

    has_rsample = True  # pyright: ignore

    def __init__(self, logits: Tensor, event_dims: int) -> None:
        self.logits = logits
        super().__init__(logits.shape, event_dims)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return Σ log C + x log λ + (1 − x) log(1 − λ), of the batch's shape."""
        logits, x = torch.broadcast_tensors(self.logits, value)
        cross_entropy = binary_cross_entropy(logits, x)
        return self.total(self._log_normaliser() - cross_entropy)

    def _log_normaliser(self) -> Tensor:
        """Return log C; near 0 as log 2 + log(u / tanh u), u = ℓ/2, in powers of u."""
        small, size = self._sizes()
        w = (0.5 * self.logits).square()
        series = w * (1 / 3 + w * (-7 / 90 + w * (62 / 2835 + w * (-127 / 18900))))
        return torch.where(small, LOG_TWO + series, (size / (0.5 * size).tanh()).log())

    def _sizes(self) -> tuple[Tensor, Tensor]:
        """Return where |ℓ| is small, and |ℓ| with 1 there: what is computed there is not used."""
        size = self.logits.abs()
        small = size < SMALL
        return small, torch.where(small, 1.0, size)

    @property
    def mean(self) -> Tensor:
        """1 / (1 − exp −ℓ) − 1/ℓ."""
        small, size = self._sizes()
        w = self.logits.square()
        series = self.logits * (1 / 12 + w * (-1 / 720 + w * (1 / 30240 - w / 1209600)))
        above = -1 / torch.expm1(-size) - 1 / size - 0.5
        return 0.5 + torch.where(small, series, above * self.logits.sign())

    @property
    def variance(self) -> Tensor:
        """1/ℓ² − 1 / (4 sinh²(ℓ/2))."""
        small, size = self._sizes()
        w = self.logits.square()
        series = 1 / 12 + w * (-1 / 240 + w * (1 / 6048 - w / 172800))
        above = size.pow(-2) - torch.exp(-size) / torch.expm1(-size).square()
        return torch.where(small, series, above)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event), by the inverse distribution function."""
        shape = (*sample_shape, *self.logits.shape)
        u = torch.rand(shape, dtype=self.logits.dtype, device=self.logits.device)
        size = self.logits.abs().clamp_min(1e-6)
        x = -torch.log1p(u * torch.expm1(-size)) / size
        return torch.where(self.logits > 0, 1 - x, x).clamp(0, 1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return the same without its gradient."""
        return self.rsample(sample_shape).detach()
