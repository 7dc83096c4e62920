"""The ELBO with the path derivative alone."""

from aetrain.distributions.detached import detached
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms, sample_mean


def stl(inference: Inference) -> Terms:
    """Return the terms of −ELBO, each (B,), with the rate from samples and one gradient less.

    `rate` = log q(z|x) − log p(z), in which q's parameters count as constants: its gradient passes
    through z alone. What is left out has the mean 0, and without it the encoder's gradient has no
    noise where q(z|x) = p(z|x). `distortion` as in `elbo`; of several samples the mean.

    References:
        Roeder, Wu, Duvenaud: Sticking the landing. 2017. https://arxiv.org/abs/1703.09194
    """
    x, q, z, p, prior = inference
    log_ratio = detached(q).log_prob(z) - prior.log_prob(z)
    return {"distortion": sample_mean(-p.log_prob(x)), "rate": sample_mean(log_ratio)}
