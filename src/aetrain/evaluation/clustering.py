"""How far clusters that were found without labels are the classes."""

import numpy as np
from torch import Tensor

MOST_LABELS = 1000
"""Classes that are counted; the labels of others are passed over."""


def contingency(clusters: Tensor, y: Tensor, number: int) -> Tensor:
    """Return how often each cluster met each class, (K, 1000).

    Arguments:
        clusters: of examples, (B,), below K.
        y: their labels, (B,); those below 0 are not known and do not count.
        number: K.
    """
    known = (y >= 0) & (y < MOST_LABELS)
    places = clusters[known] * MOST_LABELS + y[known]
    return places.bincount(minlength=number * MOST_LABELS).view(number, MOST_LABELS)


def clustering(table: Tensor) -> dict[str, float]:
    """Return what a table of counts (K, C) says of clusters and classes.

    - `cluster_accuracy`: the share of examples in the class of their cluster, clusters and classes
      being matched one to one as is best (Hungarian algorithm).
    - `nmi`: mutual information over the mean of both entropies.
    - `ari`: the Rand index, 0 on average for random clusters, 1 for perfect ones.

    References:
        Kuhn: The Hungarian method for the assignment problem. 1955.
        https://doi.org/10.1002/nav.3800020109
        Hubert, Arabie: Comparing partitions. 1985. https://doi.org/10.1007/BF01908075
    """
    from scipy.optimize import linear_sum_assignment

    counts = table.double().cpu().numpy()
    counts = counts[:, counts.any(0)]
    n = counts.sum()
    if not n:
        return {}
    rows, columns = linear_sum_assignment(counts, maximize=True)
    return {
        "cluster_accuracy": float(counts[rows, columns].sum() / n),
        "nmi": _nmi(counts / n),
        "ari": _ari(counts),
    }


def _nmi(joint: np.ndarray) -> float:
    parts = [_entropy(joint.sum(axis)) for axis in (0, 1)]
    mean = sum(parts) / 2
    return 1.0 if mean == 0 else float((sum(parts) - _entropy(joint)) / mean)


def _entropy(p: np.ndarray) -> float:
    positive = p[p > 0]
    return float(-(positive * np.log(positive)).sum())


def _ari(counts: np.ndarray) -> float:
    def pairs(n: np.ndarray) -> float:
        return float((n * (n - 1) / 2).sum())

    together, total = pairs(counts), pairs(counts.sum(keepdims=True))
    a, b = pairs(counts.sum(0)), pairs(counts.sum(1))
    expected, largest = a * b / max(total, 1.0), (a + b) / 2
    return 1.0 if largest == expected else (together - expected) / (largest - expected)


def of_batch(clusters: Tensor, batch: dict[str, Tensor], number: int) -> Tensor | None:
    """Return the counts of a batch, None where it has no labels."""
    return contingency(clusters, batch["y"], number) if "y" in batch else None
