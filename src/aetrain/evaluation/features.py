"""What frozen codes are worth to a simple classifier."""

import warnings
from typing import NamedTuple, final

import numpy as np

from aetrain.evaluation.codes import Codes
from aetrain.evaluation.interval import Share, share

STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0)
"""What C, the inverse of the regularisation, is chosen from."""
FOLDS = 5
NEIGHBOURS = 5
PENALTIES = (0.1, 1.0, 10.0, 100.0)
"""What C of the support vector machine is chosen from."""
MOST_VECTORS = 2_000
SPREAD_TO = 10
"""Nearest codes that a label spreads to."""
SPREADING = 0.99
"""Share of what a code takes from its neighbours; the rest is its own label's."""


@final
class Probe(NamedTuple):
    """Accuracy of a linear classifier, and the inverse strength C that was chosen for it."""

    accuracy: Share
    strength: float


def linear_probe(train: Codes, test: Codes) -> Probe:
    """Return how often multinomial logistic regression on standardised codes names the class.

    C is the one of 0.001 to 1000 with the best accuracy in five-fold cross-validation of the
    training's codes, to all of which the classifier is then fitted anew.

    Arguments:
        train: codes (N, D) with labels; few enough for all to be in memory.
        test: others.

    References:
        Alain, Bengio: Understanding intermediate layers using linear classifier probes. 2017.
        https://arxiv.org/abs/1610.01644
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    (x, y), (others, truth) = _arrays(train), _arrays(test)
    folds = min(FOLDS, int(np.unique(y, return_counts=True)[1].max()))
    if len(np.unique(y)) < 2 or folds < 2:
        return Probe(_accuracy(np.full_like(truth, np.bincount(y).argmax()), truth), 0.0)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    search = GridSearchCV(
        classifier,
        {"logisticregression__C": STRENGTHS},
        cv=StratifiedKFold(folds, shuffle=True, random_state=0),
    )
    with warnings.catch_warnings():
        # separable codes have no finite optimum at a weak regularisation
        warnings.simplefilter("ignore", ConvergenceWarning)
        # a class with fewer members than folds is left out of some
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        search.fit(x, y)
    strength = search.best_params_["logisticregression__C"]
    return Probe(_accuracy(search.predict(others), truth), strength)


def nearest_neighbours(train: Codes, test: Codes, k: int = NEIGHBOURS) -> Share:
    """Return how often the vote of the k nearest training codes names the class.

    Distances are Euclidean, between codes as they are: a dimension counts as much as it varies.

    Arguments:
        train: codes (N, D) with labels.
        test: others.
        k: voters, at most N; the vote's ties go to the lowest class.

    References:
        Cover, Hart: Nearest neighbor pattern classification. 1967.
        https://doi.org/10.1109/TIT.1967.1053964
    """
    from sklearn.neighbors import KNeighborsClassifier

    (x, y), (others, truth) = _arrays(train), _arrays(test)
    voters = KNeighborsClassifier(min(k, len(x))).fit(x, y)
    return _accuracy(voters.predict(others), truth)


def support_vectors(train: Codes, test: Codes) -> Share:
    """Return how often a support vector machine with a Gaussian kernel names the class.

    Codes are as they are: a dimension counts as much as it varies. C is chosen from 0.1 to 100 by
    five-fold cross-validation. At most the first 2,000 training codes are used: the time rises
    with the square of their number.

    Arguments:
        train: codes (N, D) with labels, in random order.
        test: others.

    References:
        Cortes, Vapnik: Support-vector networks. 1995. https://doi.org/10.1007/BF00994018
    """
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.svm import SVC

    (x, y), (others, truth) = _arrays(train), _arrays(test)
    x, y = x[:MOST_VECTORS], y[:MOST_VECTORS]
    folds = min(FOLDS, int(np.unique(y, return_counts=True)[1].max()))
    if len(np.unique(y)) < 2 or folds < 2:
        return _accuracy(np.full_like(truth, np.bincount(y).argmax()), truth)
    split = StratifiedKFold(folds, shuffle=True, random_state=0)
    search = GridSearchCV(SVC(), {"C": PENALTIES}, cv=split)
    with warnings.catch_warnings():
        # a class with fewer members than folds is left out of some
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        search.fit(x, y)
    return _accuracy(search.predict(others), truth)


def label_spreading(train: Codes, test: Codes) -> Share:
    """Return how often labels that spread over a graph of all training codes name the class.

    The few labels there are diffuse along the edges of the 10-nearest-neighbour graph, Euclidean,
    with F ← α D^−½ W D^−½ F + (1 − α) Y and α = 0.99; a test code takes the mean of what its 10
    nearest training codes end with. Unlabelled codes show where classes are apart, as they do to a
    transductive support vector machine.

    Arguments:
        train: codes (N, D), some of whose labels are missing (negative).
        test: others, with labels.

    References:
        Zhou, Bousquet, Lal, Weston, Schölkopf: Learning with local and global consistency. 2004.
        https://papers.nips.cc/paper/2506-learning-with-local-and-global-consistency
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.semi_supervised import LabelSpreading

    assert train.y is not None
    y = train.y.clamp_min(-1).numpy()  # −1 is scikit-learn's own sign of a missing label
    others, truth = _arrays(test)
    if len(np.unique(y[y >= 0])) < 2:
        return _accuracy(np.full_like(truth, y.max()), truth)
    neighbours = min(SPREAD_TO, len(y) - 1)
    spread = LabelSpreading("knn", n_neighbors=neighbours, alpha=SPREADING, max_iter=1000)
    with warnings.catch_warnings():
        # after 1000 rounds what is left of a change is too small to matter
        warnings.simplefilter("ignore", ConvergenceWarning)
        # a part of the graph that no label is joined to keeps none
        warnings.filterwarnings("ignore", "invalid value encountered", RuntimeWarning)
        spread.fit(train.z.double().numpy(), y)
    return _accuracy(spread.predict(others), truth)


def _arrays(codes: Codes) -> tuple[np.ndarray, np.ndarray]:
    z, y = codes.labelled()
    assert y is not None
    return z.double().numpy(), y.numpy()


def _accuracy(found: np.ndarray, truth: np.ndarray) -> Share:
    return share(int((found == truth).sum()), len(truth))
