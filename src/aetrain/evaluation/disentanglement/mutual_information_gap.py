"""The mutual information gap."""

import torch
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate, bootstrap
from aetrain.evaluation.disentanglement.information import (
    BINS,
    binned,
    entropy,
    mutual_information,
)


def mutual_information_gap(
    codes: Tensor, factors: Tensor, *, bins: int = BINS, resamples: int = 50, seed: int = 0
) -> Estimate:
    """Return the mean gap over factors, from 0 to 1, with its bootstrap error.

    Mutual information is that of histograms of the codes, with `bins` bins in each dimension, as
    Locatello et al. take it, not an integral over q(z|x). Given posterior means, a dimension that
    the decoder ignores still counts with what little its mean says; given one draw from q(z|x) for
    each example, its noise drowns that, which is nearer to Chen et al.

    Arguments:
        codes: (N, D).
        factors: whole numbers from 0, (N, F), each of at least two values.
        bins: of each dimension, equally wide.
        resamples: of the bootstrap.
        seed: of the resamples.

    References:
        Chen, Li, Grosse, Duvenaud: Isolating sources of disentanglement in VAEs. 2018.
        https://arxiv.org/abs/1802.04942
        Locatello et al.: Challenging common assumptions in the unsupervised learning of
        disentangled representations. 2019. https://arxiv.org/abs/1811.12359
    """
    labels = binned(codes, bins)
    return bootstrap(
        lambda rows: _gaps(labels[rows], factors[rows]).mean(),
        len(codes),
        resamples=resamples,
        seed=seed,
    )


def gaps(codes: Tensor, factors: Tensor, *, bins: int = BINS) -> Tensor:
    """Return each factor's gap, (F,): (I(z₁; v) − I(z₂; v)) / H(v).

    z₁ and z₂ are the two dimensions that say most about the factor v.
    """
    return _gaps(binned(codes, bins), factors)


def _gaps(labels: Tensor, factors: Tensor) -> Tensor:
    information = mutual_information(labels, factors)
    none = information.new_zeros(1, information.shape[1])  # of a code of one dimension
    best, second = torch.cat([information, none]).topk(2, 0).values
    return (best - second) / entropy(factors)
