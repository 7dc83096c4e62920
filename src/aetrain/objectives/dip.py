"""Disentangled inferred priors: the covariance of all codes held at the identity."""

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent

from aetrain.objectives.inference import Inference
from aetrain.objectives.rate import rate
from aetrain.objectives.terms import Terms, sample_mean


def dip_i(inference: Inference) -> Terms:
    """Return the ELBO's terms, (B,), and two penalties on C = Cov_x(E[z|x]), ().

    `off_diagonal` = Σ_{i≠j} Cᵢⱼ², `diagonal` = Σᵢ (Cᵢᵢ − 1)², C over the batch. Of several
    processes each takes its part of the batch.

    References:
        Kumar, Sattigeri, Balakrishnan: Variational inference of disentangled latent concepts from
        unlabeled observations. 2018. https://arxiv.org/abs/1711.00848
    """
    return _terms(inference, covariance(inference.q.mean.flatten(1)))


def dip_ii(inference: Inference) -> Terms:
    """Return the same with C = Cov(z) = E_x[Cov(z|x)] + Cov_x(E[z|x]), of the codes themselves.

    Where z|x is no product over dimensions C is the covariance of the draws.

    References:
        Kumar, Sattigeri, Balakrishnan: Variational inference of disentangled latent concepts from
        unlabeled observations. 2018. https://arxiv.org/abs/1711.00848
    """
    return _terms(inference, _of_codes(inference.q, inference.z))


def covariance(points: Tensor) -> Tensor:
    """Return the unbiased covariance, (D, D), of N points, (N, D); of a single one, zeros."""
    centred = points - points.mean(0)
    with torch.autocast(points.device.type, enabled=False):
        return centred.mT @ centred / max(1, len(points) - 1)


def _of_codes(q: Distribution, z: Tensor) -> Tensor:
    if isinstance(q, Independent):
        within = q.variance.flatten(1).mean(0)
        return covariance(q.mean.flatten(1)) + within.diag_embed()
    return covariance(z.flatten(2).flatten(0, 1))


def _terms(inference: Inference, c: Tensor) -> Terms:
    x, q, z, p, prior = inference
    diagonal = c.diagonal()
    return {
        "distortion": sample_mean(-p.log_prob(x)),
        "rate": rate(q, z, prior),
        "off_diagonal": c.square().sum() - diagonal.square().sum(),
        "diagonal": (diagonal - 1).square().sum(),
    }
