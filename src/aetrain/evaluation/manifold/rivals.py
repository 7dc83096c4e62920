"""The methods that place data in a plane without a decoder of the run's kind.

PCA and LDA map points that they have not seen: they are fitted to training examples, as the run
was. t-SNE, Isomap and LLE only place the points that they are fitted to.

References:
    Pearson: On lines and planes of closest fit to systems of points in space. 1901.
    Fisher: The use of multiple measurements in taxonomic problems. 1936.
    Maaten, Hinton: Visualizing data using t-SNE. 2008.
    Tenenbaum, Silva, Langford: A global geometric framework for nonlinear dimensionality
    reduction. 2000.
    Roweis, Saul: Nonlinear dimensionality reduction by locally linear embedding. 2000.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

MOST_EXACT = 4000
"""Dimensions up to which principal axes are exact: their covariance is held in memory."""


@final
@dataclass(frozen=True)
class Examples:
    """What all methods are given, flattened, float64.

    Attributes:
        x: the points to be placed, (N, D).
        y: their labels (N,), or None.
        train: other points, (M, D), for methods that can map new ones.
        train_y: labels of those, or None.
        neighbours: of a neighbourhood graph.
        seed: of what draws.
    """

    x: np.ndarray
    y: np.ndarray | None
    train: np.ndarray
    train_y: np.ndarray | None
    neighbours: int
    seed: int


@final
@dataclass(frozen=True)
class Placement:
    """Where a method puts the points, (N, E), and what else it says.

    `squared_error` is that of x restored from the placement, per example, where the method can
    restore; `note` is what a reader should know. `points` is None where the method cannot be used.
    """

    points: np.ndarray | None
    squared_error: float | None = None
    note: str = ""


Rival = Callable[[Examples], Placement]


def pca(examples: Examples, size: int = 2) -> Placement:
    """Project on the first principal axes of the training points, and back."""
    from sklearn.decomposition import PCA

    size = min(size, *examples.train.shape)
    exact = examples.train.shape[1] <= MOST_EXACT
    solver = "covariance_eigh" if exact else "randomized"
    fitted = PCA(size, svd_solver=solver, random_state=examples.seed).fit(examples.train)
    points = fitted.transform(examples.x)
    error = np.square(fitted.inverse_transform(points) - examples.x).sum(1).mean()
    return Placement(points, float(error))


def lda(examples: Examples) -> Placement:
    """Project on the two directions that best divide the classes of the training points."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    if examples.train_y is None or len(np.unique(examples.train_y)) < 2:
        return Placement(None, note="needs classes")
    size = min(2, len(np.unique(examples.train_y)) - 1, examples.x.shape[1])
    fitted = LinearDiscriminantAnalysis(n_components=size).fit(examples.train, examples.train_y)
    return Placement(fitted.transform(examples.x), note="sees the training labels")


def t_sne(examples: Examples) -> Placement:
    """Match the distribution of neighbours in the plane to that in the data."""
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(examples.x) - 1) / 3)
    init = "pca" if examples.x.shape[1] >= 2 else "random"
    method = TSNE(perplexity=perplexity, init=init, random_state=examples.seed)
    return Placement(method.fit_transform(examples.x), note=f"perplexity {perplexity:g}")


def isomap(examples: Examples) -> Placement:
    """Keep distances along the graph of neighbours."""
    from sklearn.manifold import Isomap

    method = Isomap(n_neighbors=_few(examples), n_components=_two(examples))
    return Placement(method.fit_transform(examples.x), note=f"{_few(examples)} neighbours")


def lle(examples: Examples) -> Placement:
    """Keep the weights by which each point is put together from its neighbours."""
    from sklearn.manifold import LocallyLinearEmbedding

    method = LocallyLinearEmbedding(
        n_neighbors=_few(examples), n_components=_two(examples), random_state=examples.seed
    )
    return Placement(method.fit_transform(examples.x), note=f"{_few(examples)} neighbours")


RIVALS: Mapping[str, Rival] = {
    "pca": pca,
    "lda": lda,
    "t-sne": t_sne,
    "isomap": isomap,
    "lle": lle,
}


def placed(rival: Rival, examples: Examples) -> Placement:
    """Return a method's placement, with no points where it fails, and the reason in the note."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = rival(examples)
        except (ValueError, RuntimeError, np.linalg.LinAlgError) as error:
            return Placement(None, note=f"failed: {_first_line(error)}")
    notes = [found.note, *(n for w in said if (n := _known(str(w.message))))]
    return Placement(found.points, found.squared_error, "; ".join(filter(None, notes)))


def _known(warning: str) -> str:
    """Return what a reader should know of a warning; most are of no interest."""
    return "the graph had several parts" if "connected components" in warning else ""


def _first_line(error: Any) -> str:
    return str(error).strip().splitlines()[0][:80]


def _few(examples: Examples) -> int:
    return min(examples.neighbours, len(examples.x) - 1)


def _two(examples: Examples) -> int:
    return min(2, examples.x.shape[1])
