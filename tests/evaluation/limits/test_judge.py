"""Classifiers of images."""

from typing import Any

import torch
from sklearn.ensemble import ExtraTreesClassifier

from aetrain.build import build_model
from aetrain.evaluation.limits.judge import TREES, Head, Trees
from aetrain.evaluation.limits.quality import confidence, quality
from aetrain.evaluation.samples.features import Pixels, codes_of
from aetrain.evaluation.samples.manifolds import manifolds
from tests.battery import config

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


def test_a_head_is_its_softmax_of_codes():
    own = ["network.hidden=[8]", "latent=3", "head=classifier", "head.classes=3"]
    model: Any = build_model(config("model=stacked_ae", *own, "model.layer_epochs=0"), (1, 2, 2))
    x, _ = examples(1500)  # more than are encoded at once
    judge = Head(codes_of("net", model.eval()))
    with torch.no_grad():
        wanted = model.head.network(model.encode(x).mean).softmax(1).double()
    torch.testing.assert_close(judge.probabilities(x), wanted, atol=1e-6, rtol=1e-6)
    assert judge.name == "the classifier net"


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
