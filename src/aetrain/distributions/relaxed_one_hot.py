"""Relaxed one-hot vectors: the concrete distribution."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution

LEAST = 1e-30
"""Smallest entry of a draw: its logarithm, and the logarithm's gradient, stay finite in float32."""


@final
class RelaxedOneHot(Distribution):
    """V independent points of simplices, softmax((ℓ + g) / λ) with Gumbel noise g, as one vector.

    The density of one point x of K entries, with respect to the Lebesgue measure on its first
    K − 1 of them, is (K − 1)! λ^(K−1) Πₖ αₖ xₖ^(−λ−1) / (Σₖ αₖ xₖ^(−λ))^K, α = exp ℓ.

    No entry of a draw is below 10⁻³⁰. Where the logits of one variable differ by about 69 λ or
    more, that bound is met often, and densities are those of the bounded points.

    Arguments:
        logits: ℓ, (*batch, V, K); a constant added to one variable's logits changes nothing.
        temperature: λ, above 0: near 0 the points are corners.

    References:
        Maddison, Mnih, Teh: The concrete distribution: a continuous relaxation of discrete random
        variables. 2017. https://arxiv.org/abs/1611.00712
        Jang, Gu, Poole: Categorical reparameterization with Gumbel-softmax. 2017.
        https://arxiv.org/abs/1611.01144
    """

    has_rsample = True
    arg_constraints = {}  # pyright: ignore

    def __init__(self, logits: Tensor, temperature: float) -> None:
        self.logits, self.temperature = logits, temperature
        self.variables, self.classes = logits.shape[-2:]
        event = torch.Size((self.variables * self.classes,))
        super().__init__(logits.shape[:-2], event, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The class probabilities, (*batch, V K): the mean in the limit λ → 0."""
        return self.logits.softmax(-1).flatten(-2)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, V K), each K numbers in a row summing to 1."""
        logits = self.logits
        shape = (*sample_shape, *logits.shape)
        gumbel = -torch.empty(shape, dtype=logits.dtype, device=logits.device).exponential_().log()
        return ((logits + gumbel) / self.temperature).softmax(-1).clamp_min(LEAST).flatten(-2)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density, (..., *batch), for values (..., *batch, V K)."""
        log_x = value.unflatten(-1, (self.variables, self.classes)).clamp_min(LEAST).log()
        scores = self.logits - self.temperature * log_x
        k = self.classes
        constant = math.lgamma(k) + (k - 1) * math.log(self.temperature)
        each = (scores - log_x).sum(-1) - k * scores.logsumexp(-1)
        return each.sum(-1) + constant * self.variables
