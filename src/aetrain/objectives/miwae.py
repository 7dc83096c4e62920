"""The mean of several importance-weighted bounds."""

from aetrain.errors import UserError
from aetrain.objectives.inference import Inference
from aetrain.objectives.log_weights import log_mean_exp, log_weights
from aetrain.objectives.terms import Terms


def miwae(inference: Inference, *, groups: int = 1) -> Terms:
    """Return `miwae` = −1/M Σₘ log 1/K Σₖ w(z of group m, member k), (B,), S = M K samples.

    With M = 1 it is `iwae` of all samples; with K = 1 it is −ELBO of M samples. Smaller groups
    give a looser bound, whose gradient of the encoder is less noisy. `distortion` and `rate` (B,)
    are for the log.

    Arguments:
        inference: one pass of S draws.
        groups: M.

    Raises:
        UserError: where S is no multiple of M.

    References:
        Rainforth et al.: Tighter variational bounds are not necessarily better. 2018.
        https://arxiv.org/abs/1802.04537
    """
    log_w, logged = log_weights(inference)
    samples = len(log_w)
    if groups < 1 or samples % groups:
        raise UserError(
            f"objective.groups={groups}: samples={samples} must be a multiple of it, such as"
            f" samples={max(1, groups) * max(1, samples // max(1, groups))}"
        )
    bounds = log_mean_exp(log_w.unflatten(0, (groups, samples // groups)), 1)
    return {"miwae": -bounds.mean(0), **logged}
