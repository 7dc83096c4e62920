"""The prior of independent binary latents."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.independent_bernoulli import IndependentBernoulli
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.priors.prior import Prior
from aetrain.spaces import Space


@final
class Bernoulli(Prior):
    """Independent values that are 1 with probability π and else 0: p(z) = Π π^z (1 − π)^(1 − z).

    Arguments:
        event: shape of one latent, (D,).
        p: π; 0.5 makes all codes as likely.

    Raises:
        UserError: where p is not between 0 and 1.

    References:
        Gregor, Danihelka, Mnih, Blundell, Wierstra: Deep autoregressive networks. 2014.
        https://arxiv.org/abs/1310.8499
    """

    space = Space.BINARY
    logits: Tensor

    def __init__(self, event: Sequence[int], *, p: float = 0.5) -> None:
        super().__init__(event)
        if not 0 < p < 1:
            raise UserError(f"prior.p={p}: must be between 0 and 1, such as 0.5")
        logits = torch.full(self.event, math.log(p) - math.log1p(-p))
        self.register_buffer("logits", logits, persistent=False)

    def forward(self) -> IndependentBernoulli:
        """Return the distribution of binary vectors."""
        return IndependentBernoulli(full_precision(self.logits), len(self.event))
