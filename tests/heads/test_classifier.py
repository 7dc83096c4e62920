"""The classifier against torch's cross entropy and scikit-learn's log loss."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss
from torch.nn.functional import cross_entropy

import aetrain
from aetrain.errors import UserError
from aetrain.heads.classifier import Classifier
from aetrain.objectives.terms import batch_mean
from aetrain.world import World
from tests.conftest import TINY

STACKED = [*TINY, "model=stacked_ae", "head=classifier", "model.layer_epochs=0"]


@pytest.mark.parametrize("hidden", [(), (7, 5)])
def test_cost_and_scores(hidden: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    head = Classifier((6,), classes=4, hidden=hidden).double()
    z, y = torch.randn(50, 6).double(), torch.randint(4, (50,))
    cost = head.cost(z, y).detach()
    torch.testing.assert_close(cost, cross_entropy(head.network(z), y, reduction="none").detach())
    p = head(z).probs.detach().numpy()
    assert cost.mean().item() == pytest.approx(log_loss(y.numpy(), p, labels=range(4)))
    scores = head.scores(z, y)
    right = accuracy_score(y.numpy(), np.argmax(p, 1))
    assert scores["accuracy"].cost.mean().item() == pytest.approx(right)
    assert scores["error"].cost.mean().item() == pytest.approx(1 - right)


def test_missing_labels_cost_nothing() -> None:
    torch.manual_seed(0)
    head = Classifier((6,), classes=4).double()
    z, y = torch.randn(8, 6).double(), torch.tensor([0, -1, 3, -1, 2, -7, 1, 0])
    mean = batch_mean(head.term(z, y), len(y), World())
    known = y >= 0
    torch.testing.assert_close(mean, cross_entropy(head.network(z[known]), y[known]))
    assert batch_mean(head.term(z, y.clamp_max(-1)), len(y), World()) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": 1}, "head.classes=1: must be at least 2"),
        ({"hidden": [0]}, r"head\.hidden=\[0\]: widths must be"),
        ({"watched": "cost"}, "head.watched=cost: choose from error, cross_entropy"),
    ],
)
def test_what_is_refused(options: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        Classifier((3,), **options)


def refused(*job: str, base: Sequence[str] = STACKED) -> str:
    with pytest.raises(UserError) as error:
        aetrain.train([*base, *job])
    return str(error.value)


def test_a_head_needs_labels_and_a_model_that_trains_it(here: object) -> None:
    np.save("x.npy", np.random.default_rng(0).random((60, 5), np.float32))
    data = ("dataset=array", "dataset.path=x.npy", "likelihood=gaussian")
    assert refused(*data).startswith("head: learns from labels, and dataset=array has none: use")
    assert refused("head.classes=7").startswith("head.classes=7: the labels are of 10 classes;")
    other = refused(base=[*TINY, "head=classifier"])
    assert other.startswith("head: this model has no stage that trains one: use head=none")


def test_more_classes_than_there_are_labels(here: object) -> None:
    results = aetrain.train([*STACKED, "head.classes=12", "run.dir=r"])
    assert results["test/cross_entropy"] > 0
    assert aetrain.load("r").model.state_dict()["head.network.layers.0.bias"].shape == (12,)
