"""The ELBO with the discrepancy between all codes and the prior."""

from aetrain.objectives.inference import Inference
from aetrain.objectives.kernels import Kernel, imq
from aetrain.objectives.mmd import draws_like, mmd
from aetrain.objectives.rate import rate
from aetrain.objectives.terms import Terms, sample_mean


def infovae(inference: Inference, *, kernel: Kernel = imq) -> Terms:
    """Return `distortion` and `rate`, (B,), and `mmd` = MMD²(q(z) ‖ p(z)) of the batch, ().

    With the paper's α and λ the rate weighs 1 − α and the discrepancy α + λ − 1. The estimate is
    unbiased; of several processes each takes its part of the batch.

    Arguments:
        inference: one pass.
        kernel: of u = |a − b|² / 2D.

    References:
        Zhao, Song, Ermon: InfoVAE. 2019. https://arxiv.org/abs/1706.02262
    """
    x, q, z, p, prior = inference
    return {
        "distortion": sample_mean(-p.log_prob(x)),
        "rate": rate(q, z, prior),
        "mmd": mmd(*draws_like(z, prior), kernel),
    }
