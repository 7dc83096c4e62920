"""The rivals, and the table of them."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from aetrain.evaluation.manifold.comparison import compared, knn_accuracy
from aetrain.evaluation.manifold.of_run import Points, examples_of, in_plane
from aetrain.evaluation.manifold.rivals import Examples, Placement, lda, pca, placed


@pytest.fixture(scope="module")
def examples() -> Examples:
    found = load_digits()
    x, y = torch.from_numpy(found.data), torch.from_numpy(found.target).long()
    return examples_of(
        Points(x[:200], y[:200]), Points(x[200:800], y[200:800]), neighbours=6, seed=0
    )


def test_pca_leaves_what_the_svd_leaves(examples: Examples):
    mean = examples.train.mean(0)
    axes = np.linalg.svd(examples.train - mean, full_matrices=False)[2][:5]
    rest = (examples.x - mean) - (examples.x - mean) @ axes.T @ axes
    assert pca(examples, 5).squared_error == pytest.approx(np.square(rest).sum(1).mean(), rel=1e-9)


def test_lda_divides_the_classes_of_others(examples: Examples):
    found = placed(lda, examples)
    assert found.points is not None
    assert found.note == "sees the training labels"
    accuracy, blind = (knn_accuracy(p, examples.y) for p in (found.points, pca(examples).points))
    assert accuracy is not None
    assert blind is not None
    assert accuracy.low > blind.value


def test_missing_labels_and_too_few_points_are_told(examples: Examples):
    few = Examples(examples.x[:30], None, examples.train, None, 6, 0)
    rows = {row.name: row for row in compared(few, [], 4, k=5)}
    assert list(rows) == ["pca", "pca, 4", "lda", "t-sne", "isomap", "lle"]
    assert rows["lda"].points is None
    assert rows["lda"].note == "needs classes"
    assert rows["pca, 4"].dimensions == 4
    assert all(row.knn is None for row in rows.values())


def test_a_method_that_fails_says_why(examples: Examples):
    def fails(examples: Examples) -> Placement:
        raise ValueError("the matrix is singular\nmore words")

    assert placed(fails, examples) == Placement(None, note="failed: the matrix is singular")


def test_a_line_is_a_plane_too():
    assert torch.equal(in_plane(np.ones((3, 1))), torch.tensor([[1.0, 0.0]] * 3).double())


def test_examples_without_a_label_teach_nothing():
    x = torch.rand(20, 4)
    y = torch.tensor([0, 1, -1, -1] * 5)
    found = examples_of(Points(x, y), Points(x, y), neighbours=3, seed=0)
    assert found.train.shape == (10, 4)
    assert found.y is not None
    assert len(found.x) == len(found.y) == 20
