"""The rate taken apart, with the aggregate posterior of many examples."""

import math
from collections.abc import Sequence
from typing import NamedTuple, cast, final

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent

from aetrain.errors import UserError

CELLS = 2**24
"""Densities of one number that are held at a time."""


@final
class Parts(NamedTuple):
    """Parts of log q(z|x) − log p(z) of one draw for each example, in nats, (N,) each.

    Attributes:
        mutual_information: log q(z|x) − log q(z), at most log N in the mean.
        total_correlation: log q(z) − Σ_d log q(z_d).
        dimension_kl: Σ_d log q(z_d) − log p(z).
        rate: their sum.
    """

    mutual_information: Tensor
    total_correlation: Tensor
    dimension_kl: Tensor
    rate: Tensor


@torch.no_grad()
def parts_of_rate(
    posteriors: Sequence[Distribution],
    codes: Sequence[Tensor],
    prior: Distribution,
    references: Tensor | None = None,
) -> Parts:
    """Return the parts of the rate, with q(z) = 1/N Σₙ q(z|xₙ) over all N examples.

    With fewer references, q(z) is estimated: the example's own q counts 1/N, those of the others
    stand for the N − 1 that are left, all alike. That is unbiased for q(z), not for its logarithm.
    Memory holds the parameters of N posteriors and a block of densities.

    Arguments:
        posteriors: q(z|x) of blocks of examples, products over dimensions.
        codes: a draw of each, (B, *latent).
        prior: p(z).
        references: which of the N examples stand for all of them, (M,) different numbers; None
            for every one, which is exact.

    Raises:
        UserError: where q(z|x) is no product over dimensions.

    References:
        Hoffman, Johnson: ELBO surgery. 2016.
        http://approximateinference.org/accepted/HoffmanJohnson2016.pdf
        Chen, Li, Grosse, Duvenaud: Isolating sources of disentanglement in VAEs. 2018.
        https://arxiv.org/abs/1802.04942
    """
    _require_product(posteriors[0])
    sizes = [len(z) for z in codes]
    n = sum(sizes)
    kept = torch.ones(n, dtype=torch.bool)
    if references is not None and len(references) < n:
        kept = torch.zeros(n, dtype=torch.bool).index_fill(0, references.cpu(), True)
    found: list[tuple[Tensor, ...]] = []
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    for start, q, z in zip(starts, posteriors, codes, strict=True):
        log_own = q.log_prob(z)
        log_joint, log_marginals = _aggregate(posteriors, kept, starts, start, q, z)
        log_prior = prior.log_prob(z)
        found.append(
            (
                log_own - log_joint,
                log_joint - log_marginals,
                log_marginals - log_prior,
                log_own - log_prior,
            )
        )
    return Parts(*(torch.cat(each).double().cpu() for each in zip(*found, strict=True)))


def _aggregate(
    posteriors: Sequence[Distribution],
    kept: Tensor,
    starts: Sequence[int],
    start: int,
    q: Distribution,
    z: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return log q(z) and Σ_d log q(z_d), (B,) each, of a block that begins at `start`."""
    n, references = len(kept), int(kept.sum())
    own = _each(q, z)  # (B, D)
    rows = torch.arange(start, start + len(z))
    # the others that stand for N − 1 are the references but for the example itself
    others = references - kept[rows].double()
    weight = torch.where(others > 0, ((n - 1) / n / others.clamp_min(1)).log(), -math.inf)
    weight = weight.to(own)
    log_n = math.log(n) if references > 1 or n == 1 else 0.0
    joint, marginals = own.sum(1) - log_n, own - log_n
    for first, other in zip(starts, posteriors, strict=True):
        columns = torch.arange(first, first + other.batch_shape[0])
        for part in range(0, len(z), step := max(1, CELLS // (len(columns) * own.shape[1]))):
            these = slice(part, part + step)
            each = _each(other, z[these].unsqueeze(1))  # (b, B', D)
            allowed = (rows[these, None] != columns) & kept[columns]
            log_w = torch.where(allowed.to(each.device), weight[these, None], -math.inf)
            joint[these] = torch.logaddexp(joint[these], (each.sum(2) + log_w).logsumexp(1))
            more = (each + log_w[..., None]).logsumexp(1)
            marginals[these] = torch.logaddexp(marginals[these], more)
    return joint, marginals.sum(1)


def _each(q: Distribution, z: Tensor) -> Tensor:
    """Return log q(z_d|x) of each dimension, (..., D)."""
    assert isinstance(q, Independent)
    density = cast(Tensor, q.base_dist.log_prob(z))
    return density.flatten(-q.reinterpreted_batch_ndims)


def _require_product(q: Distribution) -> None:
    if not isinstance(q, Independent):
        raise UserError(
            "--measure decomposition: needs the density of each latent dimension, and q(z|x) ="
            f" {type(q).__name__} is no product of them; choose another measure"
        )
