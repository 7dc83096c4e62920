"""Classifiers of images."""

import torch
from sklearn.ensemble import ExtraTreesClassifier

from aetrain.evaluation.limits.judge import TREES, Trees
from aetrain.evaluation.limits.quality import confidence, quality
from aetrain.evaluation.samples.features import Pixels
from aetrain.evaluation.samples.manifolds import manifolds

G = torch.Generator().manual_seed(0)


def examples(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    y = torch.arange(n) % 3
    return torch.rand(n, 1, 2, 2, generator=G) + y.view(-1, 1, 1, 1), y


def test_trees_are_scikit_learns_and_leave_room_for_classes_that_are_not_there():
    (x, y), (others, _) = examples(90), examples(30)
    found = Trees(x, y, 5, seed=3).probabilities(others)
    wanted = ExtraTreesClassifier(TREES, random_state=3).fit(x.flatten(1).numpy(), y.numpy())
    torch.testing.assert_close(
        found[:, :3], torch.from_numpy(wanted.predict_proba(others.flatten(1).numpy()))
    )
    assert found[:, 3:].sum() == 0
    torch.testing.assert_close(found.sum(1), torch.ones(30, dtype=torch.float64))


def test_quality():
    (x, y), (others, _) = examples(90), examples(30)
    judge = Trees(x, y, 3, seed=0)
    found = quality(judge, Pixels(), x.flatten(1), others)
    surest = judge.probabilities(others).max(1).values
    assert found["confidence"] == confidence(judge, others)
    torch.testing.assert_close(found["confidence"].value, surest.mean().item())
    torch.testing.assert_close(found["confidence"].error, (surest.std() / 30**0.5).item())
    wanted = manifolds(x.flatten(1), others.flatten(1))
    assert found["density"] == wanted.density
    assert found["coverage"].value == wanted.coverage.value
    far = quality(judge, Pixels(), x.flatten(1), others + 50)
    assert (far["density"].value, far["coverage"].value) == (0, 0)
    assert far["coverage"].error > 0
