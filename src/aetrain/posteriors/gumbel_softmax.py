"""The posterior of relaxed classes."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.relaxed_one_hot import RelaxedOneHot
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound
from aetrain.spaces import Space

LOGIT_BOUND = 10.0


@final
class GumbelSoftmax(Family):
    """q(z|x): V relaxed one-hot vectors of K classes each, concatenated to one code of V K numbers.

    The rate is that of the relaxed densities, log q(z|x) − log p(z) at the draws, so with
    prior=categorical −cost is a lower bound on the evidence of the relaxed model, whose codes are
    points of simplices. It is no bound for the model with discrete codes, nor is the mixed
    objective of Jang et al., relaxed draws with the KL of discrete classes, a bound for either.
    The mean is that of the discrete classes. Logits are bounded softly to ±10.

    Arguments:
        event: shape of one latent, (V K,).
        classes: K; None for one variable of as many classes as the latent has numbers.
        temperature: λ, above 0. Small ones are nearer to classes, with noisier gradients;
            1/(K − 1) and below leave the density without a mode inside of the simplex.

    Raises:
        UserError: where the temperature is not above 0, there are fewer than two classes, or the
            latent is no multiple of them.

    References:
        Maddison, Mnih, Teh: The concrete distribution: a continuous relaxation of discrete random
        variables. 2017. https://arxiv.org/abs/1611.00712
        Jang, Gu, Poole: Categorical reparameterization with Gumbel-softmax. 2017.
        https://arxiv.org/abs/1611.01144
    """

    space = Space.SIMPLEX

    def __init__(
        self, event: Sequence[int], *, classes: int | None = None, temperature: float = 0.67
    ) -> None:
        super().__init__(event)
        (latent,) = self.event
        if not temperature > 0:
            raise UserError(f"posterior.temperature={temperature}: must be above 0, such as 0.67")
        if classes is not None and classes < 2:
            raise UserError(f"posterior.classes={classes}: must be at least 2, or null")
        if classes is None and latent < 2:
            raise UserError(
                f"latent={latent}: must be at least 2 with posterior=gumbel_softmax, for 2 classes"
            )
        self.classes, self.temperature = classes or latent, temperature
        if latent % self.classes:
            raise UserError(
                f"posterior.classes={classes}: latent={latent} must be a multiple of it, such as"
                f" latent={self.classes * -(-latent // self.classes)}"
            )

    @property
    def parameter_shape(self) -> torch.Size:
        """Raw logits, (V K,)."""
        return self.event

    def forward(self, raw: Tensor) -> RelaxedOneHot:
        """Return q(z|x) from raw logits (..., V K)."""
        logits = soft_bound(full_precision(raw), LOGIT_BOUND)
        return RelaxedOneHot(logits.unflatten(-1, (-1, self.classes)), self.temperature)
