"""FactorVAE's measure: a majority vote on the dimension that varies least."""

import torch
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate, over_repetitions
from aetrain.evaluation.disentanglement.fixed_factor import Draw

AT_ONCE = 1000


def factor_vae_score(
    codes: Tensor,
    draw: Draw,
    factors: int,
    *,
    groups: int = 10_000,
    tested: int = 5_000,
    size: int = 64,
    prune: float = 0.05,
    repetitions: int = 5,
    seed: int = 0,
) -> Estimate:
    """Return the accuracy of the vote, with its error over repetitions; by chance about 1/F.

    For each group of examples that share one factor, the vote is the dimension whose variance in
    the group, as a part of its variance over all codes, is least. A dimension votes for the factor
    that it was chosen for most often; the accuracy is that on other groups. Dimensions whose
    variance is below `prune` have no vote, as those of a collapsed posterior; where none is left
    the accuracy is 0.

    Arguments:
        codes: (N, D), for the variance of each dimension.
        draw: draws codes with a fixed factor.
        factors: F.
        groups: how many to learn the votes from.
        tested: how many to test on.
        size: examples of a group.
        prune: least variance of a dimension, on the scale of a standard normal prior.
        repetitions: how many times, with groups of their own.
        seed: of the factors of the groups.

    References:
        Kim, Mnih: Disentangling by factorising. 2018. https://arxiv.org/abs/1802.05983
    """
    variance = codes.double().var(0)
    kept = (variance > prune).nonzero().squeeze(1)
    if not len(kept):
        return Estimate(0.0, 0.0)
    chance = torch.Generator().manual_seed(seed)

    def votes(number: int) -> Tensor:
        """Return how often each dimension was chosen for each factor, (D, F)."""
        fixed = torch.randint(factors, (number,), generator=chance)
        within = torch.cat([draw(part, size).double().var(1) for part in fixed.split(AT_ONCE)])
        chosen = (within[:, kept] / variance[kept]).argmin(1)
        counts = torch.bincount(chosen * factors + fixed, minlength=len(kept) * factors)
        return counts.view(len(kept), factors)

    figures = []
    for _ in range(repetitions):
        answers = votes(groups).argmax(1)
        found = votes(tested)
        right = found.gather(1, answers[:, None]).sum()
        figures.append((right / found.sum()).item())
    return over_repetitions(figures)
