"""Figures of clusters against scikit-learn and an enumeration."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from aetrain.evaluation.clustering import clustering, contingency


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("clusters", "classes"), [(4, 4), (6, 3), (3, 5)])
def test_figures(clusters: int, classes: int, seed: int) -> None:
    source = torch.Generator().manual_seed(seed)
    y = torch.randint(classes, (80,), generator=source)
    noise = torch.randint(clusters, (80,), generator=source)
    k = torch.where(torch.rand(80, generator=source) < 0.6, y % clusters, noise)
    found = clustering(contingency(k, y, clusters))
    assert found["nmi"] == pytest.approx(normalized_mutual_info_score(y, k), abs=1e-12)
    assert found["ari"] == pytest.approx(adjusted_rand_score(y, k), abs=1e-12)
    # all ways of matching: clusters to classes, or to classes that there are not
    ways = itertools.permutations(range(max(clusters, classes)), clusters)
    best = max(float((np.array(way)[k.numpy()] == y.numpy()).mean()) for way in ways)
    assert found["cluster_accuracy"] == pytest.approx(best)


def test_perfect_clusters_have_other_names() -> None:
    y = torch.arange(30) % 3
    assert clustering(contingency((y + 1) % 3, y, 3)) == pytest.approx(
        {"cluster_accuracy": 1, "nmi": 1, "ari": 1}
    )


def test_labels_that_are_missing_do_not_count() -> None:
    y, k = torch.tensor([0, 1, -1, -1]), torch.tensor([1, 0, 0, 0])
    assert clustering(contingency(k, y, 2))["cluster_accuracy"] == 1
    assert clustering(contingency(k, y.clamp_max(-1), 2)) == {}
