"""The ELBO whose prior learns faster than its posterior."""

from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.detached import detached
from aetrain.distributions.own_rate import closed_form
from aetrain.errors import UserError
from aetrain.objectives.inference import Inference
from aetrain.objectives.rate import rate
from aetrain.objectives.terms import Terms, sample_mean


def kl_balancing(inference: Inference, *, balance: float = 0.8) -> Terms:
    """Return the terms of −ELBO, each (B,); the rate's gradient is divided between prior and q.

    `rate` = α KL(sg q ‖ p) + (1 − α) KL(q ‖ sg p), where sg makes constants: its value is the
    rate's, whatever α. Where a prior has no parameters there is nothing to divide, and this is the
    ELBO.

    Arguments:
        inference: one pass.
        balance: α, the prior's part, from 0 to 1; ½ is half of the ELBO's gradient for each.

    Raises:
        UserError: where the balance is not within 0 and 1.

    References:
        Hafner, Lillicrap, Norouzi, Ba: Mastering Atari with discrete world models. 2021.
        https://arxiv.org/abs/2010.02193
    """
    if not 0 <= balance <= 1:
        raise UserError(f"objective.balance={balance}: must be from 0 to 1, such as 0.8")
    x, q, z, p, prior = inference
    to_posterior, to_prior = rate(q, z, detached(prior)), _cross(q, z, prior)
    if to_prior.requires_grad:
        to_posterior = (
            to_posterior.detach()
            + (1 - balance) * _gradient(to_posterior)
            + balance * _gradient(to_prior)
        )
    return {"distortion": sample_mean(-p.log_prob(x)), "rate": to_posterior}


def _cross(q: Distribution, z: Tensor, prior: Distribution) -> Tensor:
    """Return what has the gradient of KL(sg q ‖ p), (B,)."""
    if (exact := closed_form(detached(q), prior)) is not None:
        return exact
    return -sample_mean(prior.log_prob(z.detach()))


def _gradient(x: Tensor) -> Tensor:
    """Return 0 with the gradient of x."""
    return x - x.detach()
