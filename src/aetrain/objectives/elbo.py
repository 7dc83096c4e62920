"""The evidence lower bound."""

from aetrain.objectives.inference import Inference
from aetrain.objectives.rate import rate
from aetrain.objectives.terms import Terms, sample_mean


def elbo(inference: Inference) -> Terms:
    """Return the two terms of −ELBO(x) = −E_q[log p(x|z)] + KL(q(z|x) ‖ p(z)), each (B,).

    `distortion` is the mean over S samples; `rate` is in closed form where torch knows one, else
    the mean of log q(z|x) − log p(z) over the same samples.

    References:
        Kingma, Welling: Auto-encoding variational Bayes. 2014. https://arxiv.org/abs/1312.6114
        Alemi et al.: Fixing a broken ELBO. 2018. https://arxiv.org/abs/1711.00464
    """
    x, q, z, p, prior = inference
    return {"distortion": sample_mean(-p.log_prob(x)), "rate": rate(q, z, prior)}
