"""The variational Rényi bound."""

import math

from torch import Tensor

from aetrain.errors import UserError
from aetrain.objectives.inference import Inference
from aetrain.objectives.log_weights import log_weights
from aetrain.objectives.terms import Terms


def renyi(inference: Inference, *, alpha: float = 0.5) -> Terms:
    """Return `renyi` = −1/(1 − α) log 1/K Σₖ wₖ^(1−α), (B,), over all K = S samples.

    α = 1 is its limit, −ELBO; α = 0 is `iwae`; in between it lies between the two, and below 0 it
    may exceed log p(x). `distortion` and `rate` (B,) are for the log.

    Arguments:
        inference: one pass of S draws.
        alpha: α, any finite number.

    Raises:
        UserError: where α is not finite.

    References:
        Li, Turner: Rényi divergence variational inference. 2016. https://arxiv.org/abs/1602.02311
    """
    if not math.isfinite(alpha):
        raise UserError(f"objective.alpha={alpha}: must be finite, such as 0.5")
    log_w, logged = log_weights(inference)
    return {"renyi": -_power_mean(log_w, 1 - alpha), **logged}


def _power_mean(log_w: Tensor, c: float) -> Tensor:
    """Return 1/c log 1/K Σ exp(c log w) over the first dimension, and the mean where c is 0.

    As 1/c log(1 + 1/K Σ (exp(c (log w − top)) − 1)) + top, whose exponents are never above 0: no
    digit is lost as c goes to 0, and nothing overflows far from it.
    """
    if c == 0:
        return log_w.mean(0)
    top = (log_w.amax(0) if c > 0 else log_w.amin(0)).detach()
    return (c * (log_w - top)).expm1().mean(0).log1p() / c + top
