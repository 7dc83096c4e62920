"""Independent binary values that gradients pass through."""

from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Bernoulli, register_kl
from torch.nn.functional import softplus

from aetrain.distributions.independent_bernoulli import IndependentBernoulli
from aetrain.distributions.product import Product


@final
class StraightThroughBernoulli(Product):
    """Π Bernoulli(zᵢ; π = σ(ℓᵢ)), whose draws are 0 or 1 and have a gradient by an estimator.

    Backwards a draw counts as dz/dℓ = ½ |z − π|. For a cost f that is
    E[f'(z) dz/dℓ] = ½ (f'(0) + f'(1)) dπ/dℓ: the trapezoidal rule for f(1) − f(0), by which the
    true gradient is (f(1) − f(0)) dπ/dℓ. It is exact for f quadratic in each value; the plain
    straight-through estimator, dz/dℓ = dπ/dℓ, is exact for linear f alone. Its weight never
    exceeds ½. For the binary case it is the estimator that Liu et al. call ReinMax.

    Arguments:
        logits: ℓ, (*batch, *event).
        event_dims: how many of the last dimensions are one event.

    References:
        Bengio, Léonard, Courville: Estimating or propagating gradients through stochastic neurons
        for conditional computation. 2013. https://arxiv.org/abs/1308.3432
        Liu, Dong, Liu, Yu, Gao: Bridging discrete and backpropagation: straight-through and
        beyond. 2023. https://arxiv.org/abs/2304.08612
    """

    def __init__(self, logits: Tensor, event_dims: int = 1) -> None:
        self.logits = logits
        super().__init__(logits.shape, event_dims)

    @property
    def base_dist(self) -> Bernoulli:
        """Bernoulli(σ(ℓᵢ))."""
        return _Elements(logits=self.logits, validate_args=False)

    @property
    def has_rsample(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """True: by the estimator."""
        return True

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event) of 0 and 1."""
        fixed = self.logits.detach()
        pi = fixed.sigmoid()
        shape = (*sample_shape, *pi.shape)
        z = (torch.rand(shape, dtype=pi.dtype, device=pi.device) < pi).to(pi.dtype)
        return z + 0.5 * (z - pi).abs() * (self.logits - fixed)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws without a gradient."""
        with torch.no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return Σ z ℓ − log(1 + exp ℓ), of the batch's shape."""
        return self.total(value * self.logits - softplus(self.logits))


@final
class _Elements(Bernoulli):
    """torch's, whose own KL does not broadcast."""


@register_kl(_Elements, Bernoulli)
def _kl_elements(q: _Elements, p: Bernoulli) -> Tensor:
    return _gain(q.logits, p.logits)


def _gain(q: Tensor, p: Tensor) -> Tensor:
    return q.sigmoid() * (q - p) - softplus(q) + softplus(p)


@register_kl(StraightThroughBernoulli, StraightThroughBernoulli)
@register_kl(StraightThroughBernoulli, IndependentBernoulli)
def kl_straight_through_bernoulli(
    q: StraightThroughBernoulli, p: StraightThroughBernoulli | IndependentBernoulli
) -> Tensor:
    """Return Σ π_q (ℓ_q − ℓ_p) − log(1 + exp ℓ_q) + log(1 + exp ℓ_p), of the batch's shape."""
    return q.total(_gain(q.logits, p.logits))
