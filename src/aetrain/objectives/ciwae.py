"""The ELBO and the importance-weighted bound, mixed."""

from aetrain.errors import UserError
from aetrain.objectives.inference import Inference
from aetrain.objectives.log_weights import log_mean_exp, log_weights
from aetrain.objectives.terms import Terms


def ciwae(inference: Inference, *, share: float = 0.05) -> Terms:
    """Return `ciwae` = −β ELBO − (1 − β) log 1/K Σₖ wₖ, (B,), both from the same K = S samples.

    `distortion` and `rate` (B,) are for the log.

    Arguments:
        inference: one pass of S draws.
        share: β of the paper, from 0 (`iwae`) to 1 (`elbo` with a sampled rate).

    Raises:
        UserError: where the share is not within 0 and 1.

    References:
        Rainforth et al.: Tighter variational bounds are not necessarily better. 2018.
        https://arxiv.org/abs/1802.04537
    """
    if not 0 <= share <= 1:
        raise UserError(f"objective.share={share}: must be from 0 to 1, such as 0.05")
    log_w, logged = log_weights(inference)
    return {"ciwae": -(share * log_w.mean(0) + (1 - share) * log_mean_exp(log_w)), **logged}
