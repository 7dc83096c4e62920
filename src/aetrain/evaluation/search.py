"""The nearest of many examples, which come block by block."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, final

import torch
from torch import Tensor
from torch.nn.functional import normalize

Metric = Callable[[Tensor, Tensor], Tensor]
"""Distances (Q, B) of points (Q, D) to points (B, D), in float64."""


@final
class Found(NamedTuple):
    """The n nearest of each query, the nearest first; of equal ones the one that came first.

    Attributes:
        distance: (Q, n), float64.
        row: which they are, counted over all blocks, (Q, n).
    """

    distance: Tensor
    row: Tensor


def euclidean(a: Tensor, b: Tensor) -> Tensor:
    """Return ‖a − b‖; exactly 0 for a copy, as differences are taken and not products."""
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Return 1 − a·b / (‖a‖ ‖b‖), which is 1 where one of them is 0."""
    return 1 - normalize(a, dim=1) @ normalize(b, dim=1).T


def hamming(a: Tensor, b: Tensor) -> Tensor:
    """Return the number of bits that differ; a bit is whether a number is above ½.

    References:
        Salakhutdinov, Hinton: Semantic hashing. 2009. https://doi.org/10.1016/j.ijar.2008.11.006
    """
    return torch.cdist((a > 0.5).double(), (b > 0.5).double(), p=1)


METRICS: Mapping[str, Metric] = {"euclidean": euclidean, "cosine": cosine, "hamming": hamming}


def search(
    queries: Tensor,
    blocks: Iterable[Tensor],
    n: int,
    metric: Metric = euclidean,
    left_out: Tensor | None = None,
) -> Found:
    """Return the n nearest of each query among points of which one block is held at a time.

    Arguments:
        queries: (Q, D).
        blocks: points (B, D), at least n in all, n + 1 where some are left out.
        n: how many.
        metric: what nearness is.
        left_out: a row for each query that is not to be found, such as the query itself, (Q,);
            below 0 for none.
    """
    queries, before = queries.double(), 0
    distance = torch.full((len(queries), n), math.inf, dtype=torch.float64)
    row = torch.full((len(queries), n), -1)
    for block in blocks:
        new = metric(queries, block.double())
        if left_out is not None:
            own = left_out - before
            here = ((own >= 0) & (own < len(block))).nonzero().flatten()
            new[here, own[here]] = math.inf
        rows = torch.arange(before, before + len(block)).expand(len(queries), -1)
        joined = torch.cat([distance, new], 1).sort(dim=1, stable=True)
        distance = joined.values[:, :n]
        row = torch.cat([row, rows], 1).gather(1, joined.indices[:, :n])
        before += len(block)
    return Found(distance, row)


def precision(found: Tensor, wanted: Tensor) -> Tensor:
    """Return of each query with a label the share of those found that have the same, (≤ Q,).

    Arguments:
        found: labels of what was found, (Q, n), below 0 where there is none, which is not counted.
        wanted: labels of the queries, (Q,), below 0 where there is none.

    References:
        Manning, Raghavan, Schütze: Introduction to information retrieval. 2008, section 8.4.
        https://nlp.stanford.edu/IR-book/
    """
    known = found >= 0
    asked = (wanted >= 0) & known.any(1)
    right = (found == wanted[:, None]) & known
    return right[asked].sum(1).double() / known[asked].sum(1)
