"""The evidence lower bound."""

from torch import Tensor
from torch.distributions import Distribution, kl_divergence

from aetrain.distributions.flow import Flow
from aetrain.objectives.inference import Inference
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


def rate(q: Distribution, z: Tensor, prior: Distribution) -> Tensor:
    """Return KL(q ‖ prior), (B,), exactly or from samples z (S, B, *latent).

    Of a flow only what the flow adds to its base is estimated, and the base's own KL is exact where
    one is known: KL(q₀ ‖ p) + E[log p(z₀) − log p(z) − log|det|]. Near the identity both parts of
    the expectation cancel, draw by draw, and so does the noise in their gradient.
    """
    if (exact := _closed_form(q, prior)) is not None:
        return exact
    if isinstance(q, Flow) and (of_base := _closed_form(q.base, prior)) is not None:
        source, log_det = q.source(z)
        return of_base + sample_mean(prior.log_prob(source) - prior.log_prob(z) - log_det)
    return sample_mean(q.log_prob(z) - prior.log_prob(z))


def _closed_form(q: Distribution, prior: Distribution) -> Tensor | None:
    try:
        return kl_divergence(q, prior)
    except NotImplementedError:
        return None
