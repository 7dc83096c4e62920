"""The rate, KL(q(z|x) ‖ p(z)), of an example and of each of its latent dimensions."""

from torch import Tensor
from torch.distributions import Distribution, Independent

from aetrain.distributions.own_rate import OwnRate, closed_form
from aetrain.objectives.terms import sample_mean


def rate(q: Distribution, z: Tensor, prior: Distribution) -> Tensor:
    """Return KL(q ‖ prior), (B,), exactly where that is known, or from samples z (S, B, *latent).

    A posterior that knows a better estimate than the mean of log q(z) − log p(z) is asked for it.
    """
    if (exact := closed_form(q, prior)) is not None:
        return exact
    if isinstance(q, OwnRate):
        return q.rate(z, prior)
    return sample_mean(q.log_prob(z) - prior.log_prob(z))


def rates(q: Distribution, z: Tensor, prior: Distribution) -> Tensor | None:
    """Return the rate of each latent dimension, (B, *latent), whose sum is the rate.

    None where it does not divide so: both have to be products over the dimensions, with a closed
    form, or the posterior knows its parts.
    """
    if isinstance(q, Independent) and isinstance(prior, Independent):
        return closed_form(q.base_dist, prior.base_dist)
    return q.rates(z, prior) if isinstance(q, OwnRate) else None
