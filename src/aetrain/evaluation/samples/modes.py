"""Which classes samples fall into, and how often, by a classifier of the data."""

import math
from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate

SHARE = 0.1
"""Of a class's part of the data: what samples must reach for it to count as found."""
RESAMPLES = 200


@final
class Modes(NamedTuple):
    """How samples are spread over classes.

    Attributes:
        found: classes that samples fall into often enough, of those that the data have.
        of: how many classes the data have.
        divergence: KL(samples ‖ data) of the shares of classes, in nats; 0 is the best.
    """

    found: Estimate
    of: int
    divergence: Estimate


def modes(samples: Tensor, data: Tensor, classes: int, *, seed: int = 0) -> Modes:
    """Return how many classes samples have, and how far their shares are from those of the data.

    Class k of the data is found where its share pₖ of the samples is at least a tenth of its share
    qₖ of the data. Whoever counts a class from one sample on, as is usual for a thousand classes,
    finds every one of ten among the errors of the classifier. KL = Σₖ pₖ log(pₖ / qₖ); where both
    sets are of one distribution it is about (K − 1)/2 (1/M + 1/N) above 0, and it is infinite where
    samples fall into a class that no example is in. The error of the first is over resamples of the
    samples, that of the second is to first order, of both sets; neither knows of the classifier's.

    Arguments:
        samples: classes of the samples, (M,), from 0.
        data: classes of examples, by the same classifier, (N,).
        classes: K.
        seed: of the resamples.

    References:
        Metz, Poole, Pfau, Sohl-Dickstein: Unrolled generative adversarial networks. 2017.
        https://arxiv.org/abs/1611.02163
        Srivastava, Valkov, Russell, Gutmann, Sutton: VEEGAN: Reducing mode collapse in GANs using
        implicit variational learning. 2017. https://arxiv.org/abs/1705.07761
    """
    counts, wanted = (x.bincount(minlength=classes).double() for x in (samples, data))
    source = torch.Generator().manual_seed(seed)
    m = len(samples)
    draws = (torch.randint(m, (m,), generator=source) for _ in range(RESAMPLES))
    again = torch.stack([samples[rows].bincount(minlength=classes) for rows in draws])
    spread = _found(again.double(), wanted).double().std().item()
    found = Estimate(_found(counts, wanted).item(), spread)
    return Modes(found, int((wanted > 0).sum()), _divergence(counts, wanted))


def _found(counts: Tensor, wanted: Tensor) -> Tensor:
    """Return how many classes are found, (...,), of counts of samples (..., K) and of data (K,)."""
    least = SHARE * wanted * counts.sum(-1, keepdim=True) / wanted.sum()
    return ((counts >= least) & (wanted > 0)).sum(-1)


def _divergence(counts: Tensor, wanted: Tensor) -> Estimate:
    """Return KL(p ‖ q) of two sets of counts (K,), and its error to first order in both."""
    m, n = counts.sum(), wanted.sum()
    there = counts > 0
    p, q = counts[there] / m, wanted[there] / n
    if not (q > 0).all():
        return Estimate(math.inf, math.nan)
    ratio = p / q
    value = (p * ratio.log()).sum()
    of_samples = (p * ratio.log().square()).sum() - value**2
    of_data = (p * ratio).sum() - 1  # Var_q(p/q), whose mean is 1
    return Estimate(value.item(), (of_samples / m + of_data / n).clamp_min(0).sqrt().item())
