"""A Gaussian that the condition moves."""

from collections.abc import Sequence
from typing import final

import torch
from torch import nn

from aetrain.conditioning.condition import Condition
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.families import full_precision, soft_bound
from aetrain.priors.prior import Prior

LOG_SCALE_BOUND = 8.0


@final
class ConditionalGaussian(Prior):
    """p(z|c) = N(z; μ(c), diag σ(c)²) with μ and log σ affine in c; without a condition, constant.

    Of a one-hot label that is a Gaussian of its own for each class. It begins near N(0, I).

    Arguments:
        event: shape of one latent.
        condition: c; None: p(z) has learned means and scales.

    References:
        Sohn, Lee, Yan: Learning structured output representation using deep conditional generative
        models. 2015. https://papers.nips.cc/paper/5775
    """

    def __init__(self, event: Sequence[int], condition: Condition | None = None) -> None:
        super().__init__(event)
        self._condition = condition
        self.conditional = condition is not None
        size = self.event.numel()
        self.bias = nn.Parameter(torch.zeros(2 * size))
        width = 0 if condition is None else condition.shape.numel()
        self.weight = nn.Parameter(0.1 * torch.randn(width, 2 * size)) if width else None

    def forward(self) -> DiagonalNormal:
        """Return p(z|c), batch shape (B,), or of batch shape () without a condition."""
        raw = full_precision(self.bias)
        if self._condition is not None and self.weight is not None:
            weight = full_precision(self.weight)
            raw = raw + self._condition.all(weight).flatten(1) @ weight
        loc, log_scale = raw.unflatten(-1, (2, *self.event)).unbind(-1 - len(self.event))
        return DiagonalNormal(loc, soft_bound(log_scale, LOG_SCALE_BOUND), len(self.event))
