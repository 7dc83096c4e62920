"""The rate taken apart: mutual information, total correlation, and a rate of each dimension."""

from typing import cast, final

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent

from aetrain.errors import UserError
from aetrain.objectives.aggregate import Estimator, minibatch_weighted
from aetrain.objectives.inference import Inference
from aetrain.objectives.objective import Objective
from aetrain.objectives.rate import rate
from aetrain.objectives.terms import Terms, sample_mean


@final
class BetaTC(Objective):
    """`distortion`, and three parts of the sampled rate, each (B,).

    `mutual_information` = log q(z|x) − log q(z), `total_correlation` = log q(z) − Σⱼ log q(zⱼ),
    `dimension_kl` = Σⱼ log q(zⱼ) − log p(z): they add up to log q(z|x) − log p(z), whatever the
    estimate of the aggregate posterior q(z). `rate` (B,), in closed form where there is one, is
    for the log. Of several processes each estimates q(z) from its part of the batch.

    Arguments:
        estimator: of the aggregate posterior.

    Raises:
        UserError: where q(z|x) is no product over dimensions.

    References:
        Chen, Li, Grosse, Duvenaud: Isolating sources of disentanglement in VAEs. 2018.
        https://arxiv.org/abs/1802.04942
    """

    examples: Tensor

    def __init__(self, *, estimator: Estimator = minibatch_weighted) -> None:
        super().__init__()
        self.estimator = estimator
        # whole numbers keep their digits in every precision that a model may have
        self.register_buffer("examples", torch.tensor(0))

    def prepare(self, examples: int) -> None:
        """Learn N."""
        self.examples.fill_(examples)

    def forward(self, inference: Inference) -> Terms:
        """Return the terms."""
        x, q, z, p, prior = inference
        whole = rate(q, z, prior)
        log_own, log_joint, log_marginals = self._densities(q, z)
        return {
            "distortion": sample_mean(-p.log_prob(x)),
            "mutual_information": sample_mean(log_own - log_joint),
            "total_correlation": sample_mean(log_joint - log_marginals),
            "dimension_kl": sample_mean(log_marginals - prior.log_prob(z)),
            "rate": whole,
        }

    def _densities(self, q: Distribution, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return log q(z|x), log q(z) and Σⱼ log q(zⱼ), (S, B) each."""
        if not isinstance(q, Independent):
            raise UserError(
                "objective=beta_tc needs the density of each latent dimension, and q(z|x) ="
                f" {type(q).__name__} is no product of them: use posterior=diagonal_gaussian"
            )
        # [s, i, j, d] is log q(z_d of draw s of example i | example j)
        each = cast(Tensor, q.base_dist.log_prob(z.unsqueeze(2))).flatten(3)
        batch = z.shape[1]
        examples = self.examples.clamp_min(batch).to(each.dtype)
        weights = self.estimator(batch, examples)
        joint = each.sum(-1)
        marginals = (each + weights.unsqueeze(-1)).logsumexp(2).sum(-1)
        return joint.diagonal(dim1=1, dim2=2), (joint + weights).logsumexp(2), marginals
