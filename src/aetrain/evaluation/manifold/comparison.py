"""A trained code beside other ways to place the same data in a plane."""

import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import final

import numpy as np
import torch
from torch import Tensor

from aetrain.evaluation.codes import Watch
from aetrain.evaluation.features import FOLDS, NEIGHBOURS
from aetrain.evaluation.interval import Share, share
from aetrain.evaluation.manifold.neighbourhoods import continuity, trustworthiness
from aetrain.evaluation.manifold.rivals import RIVALS, Examples, Placement, pca, placed


@final
@dataclass(frozen=True)
class Row:
    """One way to place the points, and how good it is.

    Attributes:
        name: of the method.
        points: (N, E), or None where it could not be used; `note` then says why.
        trustworthiness: whether neighbours in the placement are neighbours in the data.
        continuity: whether neighbours in the data are neighbours in the placement.
        knn: share of points whose class is that of most of 5 neighbours, by cross-validation.
        squared_error: of the data restored, per example, where the method can.
        seconds: to fit and to place; of the run, only to encode.
        note: what a reader should know.
    """

    name: str
    points: np.ndarray | None
    trustworthiness: float | None = None
    continuity: float | None = None
    knn: Share | None = None
    squared_error: float | None = None
    seconds: float | None = None
    note: str = ""

    @property
    def dimensions(self) -> int | None:
        """Numbers that a point has."""
        return None if self.points is None else self.points.shape[1]

    def figures(self) -> dict[str, str | float | None]:
        """Return the row without its points, flat."""
        knn = {} if self.knn is None else self.knn.figures("knn_accuracy")
        return {
            "method": self.name,
            "dimensions": self.dimensions,
            "trustworthiness": self.trustworthiness,
            "continuity": self.continuity,
            **dict.fromkeys(("knn_accuracy", "knn_accuracy_low", "knn_accuracy_high")),
            **knn,
            "squared_error": self.squared_error,
            "seconds": self.seconds,
            "note": self.note,
        }


def compared(
    examples: Examples,
    own: Iterable[tuple[str, Placement, float]],
    size: int,
    *,
    k: int,
    watch: Watch = iter,
) -> list[Row]:
    """Return a row for each of the run's own placements, and for each rival.

    Arguments:
        examples: the data.
        own: the run's placements: name, points, seconds.
        size: dimensions of the run's code: PCA is asked for as many too, where they are above 2.
        k: neighbours that trustworthiness and continuity look at.
        watch: what the methods are passed through.
    """
    x = torch.from_numpy(examples.x)
    rows = [_row(name, found, seconds, x, examples.y, k) for name, found, seconds in own]
    rivals = dict(RIVALS)
    if size > 2:
        rivals = {"pca": rivals.pop("pca"), f"pca, {size}": partial(pca, size=size), **rivals}
    for name, rival in watch(rivals.items()):
        started = time.perf_counter()
        found = placed(rival, examples)
        rows.append(_row(name, found, time.perf_counter() - started, x, examples.y, k))
    return rows


def knn_accuracy(points: np.ndarray, y: np.ndarray | None) -> Share | None:
    """Return the cross-validated accuracy of 5 neighbours; None where there are no two classes."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier

    if y is None:
        return None
    points, y = points[y >= 0], y[y >= 0]
    members = np.unique(y, return_counts=True)[1]
    if len(members) < 2 or members.max() < 2:
        return None
    folds = StratifiedKFold(min(FOLDS, members.max()), shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        voters = KNeighborsClassifier(min(NEIGHBOURS, len(y) // 2))
        found = cross_val_predict(voters, points, y, cv=folds)
    return share(int(np.count_nonzero(found == y)), len(y))


def _row(
    name: str, found: Placement, seconds: float, x: Tensor, y: np.ndarray | None, k: int
) -> Row:
    if found.points is None:
        return Row(name, None, note=found.note)
    points = torch.from_numpy(np.ascontiguousarray(found.points))
    return Row(
        name,
        found.points,
        trustworthiness(x, points, k),
        continuity(x, points, k),
        knn_accuracy(found.points, y),
        found.squared_error,
        seconds,
        found.note,
    )
