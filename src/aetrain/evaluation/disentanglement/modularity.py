"""Modularity: whether each dimension of the code is about one factor only."""

import torch
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate, bootstrap
from aetrain.evaluation.disentanglement.information import BINS, binned, mutual_information


def modularity(
    codes: Tensor, factors: Tensor, *, bins: int = BINS, resamples: int = 50, seed: int = 0
) -> Estimate:
    """Return mean_d 1 − Σ_{f≠f*} I(z_d; v_f)² / ((F − 1) I(z_d; v_f*)²), with a bootstrap error.

    f* is the factor that dimension d says most about. Mutual information is that of histograms of
    the codes; a dimension that says nothing at all is left out, and a code without any other has 0.

    Arguments:
        codes: (N, D).
        factors: whole numbers from 0, (N, F); of a single factor, every dimension has 1.
        bins: of each dimension, equally wide.
        resamples: of the bootstrap.
        seed: of the resamples.

    References:
        Ridgeway, Mozer: Learning deep disentangled embeddings with the F-statistic loss. 2018.
        https://arxiv.org/abs/1802.05312
    """
    labels = binned(codes, bins)
    return bootstrap(
        lambda rows: _modularity(labels[rows], factors[rows]),
        len(codes),
        resamples=resamples,
        seed=seed,
    )


def _modularity(labels: Tensor, factors: Tensor) -> Tensor:
    information = mutual_information(labels, factors)
    most = information.amax(1, keepdim=True)
    telling = most.squeeze(1) > 1e-9
    shares = (information / most)[telling].square()
    others = max(1, information.shape[1] - 1)
    each = 1 - (shares.sum(1) - 1) / others
    return each.mean() if len(each) else torch.zeros((), dtype=torch.float64)
