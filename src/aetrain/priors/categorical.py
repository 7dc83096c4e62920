"""The uniform prior of categorical variables, relaxed."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.relaxed_one_hot import RelaxedOneHot
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.priors.prior import Prior
from aetrain.spaces import Space


@final
class Categorical(Prior):
    """Relaxed one-hot vectors of variables whose classes are all as likely.

    Each variable is a point of a simplex, of the density (K − 1)! λ^(K−1) Πₖ zₖ^(−λ−1) /
    (Σₖ zₖ^(−λ))^K; the latent is the vector of all of them.

    Arguments:
        event: shape of one latent, (D,).
        classes: K; null for D, one variable.
        temperature: λ; the nearer to 0, the nearer to the corners are the draws.

    Raises:
        UserError: where K is below 2 or does not divide D, or the temperature is not above 0.

    References:
        Maddison, Mnih, Teh: The concrete distribution. 2017. https://arxiv.org/abs/1611.00712
        Jang, Gu, Poole: Categorical reparameterization with Gumbel-softmax. 2017.
        https://arxiv.org/abs/1611.01144
    """

    space = Space.SIMPLEX
    logits: Tensor

    def __init__(
        self, event: Sequence[int], *, classes: int | None = None, temperature: float = 0.5
    ) -> None:
        super().__init__(event)
        (d,) = self.event
        k = d if classes is None else classes
        if k < 2:
            place = f"latent={d}" if classes is None else f"prior.classes={classes}"
            raise UserError(f"{place}: prior=categorical needs 2 classes at least; use 2")
        if d % k:
            raise UserError(
                f"prior.classes={k} does not divide latent={d}: use a multiple, such as"
                f" latent={k * (d // k + 1)}"
            )
        if not temperature > 0:
            raise UserError(f"prior.temperature={temperature}: must be above 0, such as 0.5")
        self.temperature, self.classes = float(temperature), k
        self.register_buffer("logits", torch.zeros(d // k, k), persistent=False)

    def forward(self) -> RelaxedOneHot:
        """Return the relaxed one-hot vectors."""
        return RelaxedOneHot(full_precision(self.logits), self.temperature)
