"""Entropy and mutual information of discrete variables, from counts; in nats."""

import torch
from torch import Tensor

BINS = 20


def binned(codes: Tensor, bins: int = BINS) -> Tensor:
    """Return for each code the number of its bin, (N, D) int64, for codes (N, D).

    The bins of a dimension are equally wide and reach from its least to its greatest value.
    """
    codes = codes.double()
    low, high = codes.amin(0), codes.amax(0)
    width = (high - low).where(high > low, torch.ones_like(low))
    return ((codes - low) / width * bins).long().clamp(max=bins - 1)


def entropy(labels: Tensor) -> Tensor:
    """Return H(v) = −Σ p log p of each column, (F,), for labels (N, F) of whole numbers from 0."""
    return torch.stack([_entropy(torch.bincount(column)) for column in labels.unbind(1)])


def mutual_information(a: Tensor, b: Tensor) -> Tensor:
    """Return I(aᵢ; bⱼ) = H(aᵢ) + H(bⱼ) − H(aᵢ, bⱼ) of all pairs of columns, (D, F).

    Of the frequencies: for finite N it is too large, by about (A − 1)(B − 1) / 2N for independent
    variables of A and B values.

    Arguments:
        a: whole numbers from 0, (N, D).
        b: the same, (N, F).
    """
    values = int(b.max()) + 1
    joint = [
        [_entropy(torch.bincount(row * values + column)) for column in b.unbind(1)]
        for row in a.unbind(1)
    ]
    together = torch.stack([torch.stack(row) for row in joint])
    return (entropy(a)[:, None] + entropy(b)[None, :] - together).clamp(min=0)


def _entropy(counts: Tensor) -> Tensor:
    p = counts.double() / counts.sum()
    return -torch.special.xlogy(p, p).sum()
