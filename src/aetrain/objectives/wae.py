"""The Wasserstein autoencoder with the maximum mean discrepancy."""

from aetrain.objectives.inference import Inference
from aetrain.objectives.kernels import Kernel, imq
from aetrain.objectives.mmd import draws_like, mmd
from aetrain.objectives.terms import Terms, sample_mean


def wae(inference: Inference, *, kernel: Kernel = imq) -> Terms:
    """Return `distortion` (B,) and `mmd` = MMD²(q(z) ‖ p(z)) of the batch, ().

    No density of q or of the prior is asked for, so it serves point codes too, and priors that can
    only be sampled. The estimate is unbiased; of several processes each takes its part.

    Arguments:
        inference: one pass.
        kernel: of u = |a − b|² / 2D.

    References:
        Tolstikhin, Bousquet, Gelly, Schölkopf: Wasserstein auto-encoders. 2018.
        https://arxiv.org/abs/1711.01558
    """
    x, _, z, p, prior = inference
    return {
        "distortion": sample_mean(-p.log_prob(x)),
        "mmd": mmd(*draws_like(z, prior), kernel),
    }
