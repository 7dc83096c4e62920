"""Classifiers on codes, against scikit-learn used directly."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from aetrain.evaluation.codes import Codes
from aetrain.evaluation.features import (
    PENALTIES,
    STRENGTHS,
    label_spreading,
    linear_probe,
    nearest_neighbours,
    support_vectors,
)


@pytest.fixture(scope="module")
def digits() -> tuple[Codes, Codes]:
    """Return 400 and 300 digits, each a code of 64 numbers."""
    found = load_digits()
    x = torch.from_numpy(found.data).float()
    y = torch.from_numpy(found.target).long()
    return Codes(x[:400], y[:400]), Codes(x[400:700], y[400:700])


def test_probe_is_logistic_regression_at_the_best_strength(digits: tuple[Codes, Codes]):
    train, test = digits
    assert train.y is not None
    assert test.y is not None
    x, y = train.z.double().numpy(), train.y.numpy()
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    models = [
        make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000)) for c in STRENGTHS
    ]
    scores = [cross_val_score(m, x, y, cv=folds).mean() for m in models]
    best = int(np.argmax(scores))
    right = models[best].fit(x, y).score(test.z.double().numpy(), test.y.numpy())
    found = linear_probe(train, test)
    assert found.strength == STRENGTHS[best]
    assert found.accuracy.value == pytest.approx(right, abs=1e-12)
    assert found.accuracy.trials == 300


def test_neighbours_vote(digits: tuple[Codes, Codes]):
    train, test = digits
    assert train.y is not None
    assert test.y is not None
    nearest = NearestNeighbors(n_neighbors=5).fit(train.z.numpy()).kneighbors(test.z.numpy())[1]
    votes = [np.bincount(train.y.numpy()[row], minlength=10).argmax() for row in nearest]
    wanted = float((np.array(votes) == test.y.numpy()).mean())
    assert nearest_neighbours(train, test).value == pytest.approx(wanted, abs=1e-12)


def test_support_vectors_are_those_of_the_best_penalty(digits: tuple[Codes, Codes]):
    train, test = digits
    assert train.y is not None
    assert test.y is not None
    x, y = train.z.double().numpy(), train.y.numpy()
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    machines = [SVC(C=c) for c in PENALTIES]
    scores = [cross_val_score(m, x, y, cv=folds).mean() for m in machines]
    best = machines[int(np.argmax(scores))]
    right = best.fit(x, y).score(test.z.double().numpy(), test.y.numpy())
    assert support_vectors(train, test).value == pytest.approx(right, abs=1e-12)


def test_examples_without_a_label_do_not_count(digits: tuple[Codes, Codes]):
    train, test = digits
    assert test.y is not None
    noise = Codes(1e3 * torch.randn(50, 64), torch.full((50,), -1))
    more = Codes(torch.cat([test.z, noise.z]), torch.cat([test.y, torch.full((50,), -1)]))
    assert linear_probe(train, more) == linear_probe(train, test)
    assert nearest_neighbours(train, more) == nearest_neighbours(train, test)
    assert support_vectors(train, more) == support_vectors(train, test)


def test_one_class_and_classes_of_one_example():
    z = torch.randn(6, 2)
    one = Codes(z, torch.zeros(6, dtype=torch.long))
    assert linear_probe(one, one).accuracy.value == 1.0
    each = Codes(z, torch.arange(6))
    assert linear_probe(each, each).accuracy.value == pytest.approx(1 / 6)
    assert nearest_neighbours(each, each, k=1).value == 1.0
    assert support_vectors(one, one).value == 1.0
    assert support_vectors(each, each).value == pytest.approx(1 / 6)


def test_labels_spread_along_the_moons_that_neighbours_cut_across():
    x, y = make_moons(600, noise=0.06, random_state=0)
    z, truth = torch.from_numpy(x).float(), torch.from_numpy(y).long()
    few = torch.full((400,), -1)
    for k in range(2):
        few[(truth[:400] == k).nonzero().flatten()[:3]] = k
    train, test = Codes(z[:400], few), Codes(z[400:], truth[400:])
    assert label_spreading(train, test).value == 1.0
    assert nearest_neighbours(train.labelled(), test, k=1).value < 0.95


def test_spreading_ends_where_its_linear_equations_say(digits: tuple[Codes, Codes]):
    train, test = digits
    assert train.y is not None
    assert test.y is not None
    few = train.y.clone()
    few[50:] = -1
    z = train.z.double().numpy()
    # 10 neighbours, the point itself among them, as scikit-learn counts
    edges = NearestNeighbors(n_neighbors=10).fit(z).kneighbors_graph(z).toarray()
    np.fill_diagonal(edges, 0)
    root = np.sqrt(edges.sum(0))
    root[root == 0] = 1  # a code that is nobody's neighbour
    y = np.zeros((400, 10))
    y[np.arange(50), few[:50].numpy()] = 1
    f = np.linalg.solve(np.eye(400) - 0.99 * (edges / root[:, None] / root), 0.01 * y)
    f /= f.sum(1, keepdims=True)
    near = NearestNeighbors(n_neighbors=10).fit(z).kneighbors(test.z.double().numpy())[1]
    right = float((f[near].mean(1).argmax(1) == test.y.numpy()).mean())
    assert label_spreading(Codes(train.z, few), test).value == pytest.approx(right, abs=0.005)


def test_one_class_alone_spreads_everywhere():
    train = Codes(torch.randn(20, 3), torch.tensor([2] + [-1] * 19))
    test = Codes(torch.randn(4, 3), torch.tensor([2, 2, 1, 0]))
    assert label_spreading(train, test).value == 0.5
