"""Importance weights, from which the tighter bounds are made."""

import math

from torch import Tensor

from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms, sample_mean


def log_weights(inference: Inference) -> tuple[Tensor, Terms]:
    """Return log w = log p(x|z) + log p(z) − log q(z|x), (S, B), and what the log shows of it.

    The second are `distortion` and `rate`, (B,), the means over samples of −log p(x|z) and of
    log q(z|x) − log p(z): bounds weigh them 0, so that the ELBO is logged beside the bound.
    """
    x, q, z, p, prior = inference
    log_likelihood = p.log_prob(x)
    log_ratio = prior.log_prob(z) - q.log_prob(z)
    terms: Terms = {"distortion": sample_mean(-log_likelihood), "rate": sample_mean(-log_ratio)}
    return log_likelihood + log_ratio, terms


def log_mean_exp(x: Tensor, dim: int = 0) -> Tensor:
    """Return log 1/K Σ exp x over a dimension of size K; of a single x, exactly x."""
    k = x.shape[dim]
    return x.squeeze(dim) if k == 1 else x.logsumexp(dim) - math.log(k)
