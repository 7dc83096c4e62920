"""The adversarial autoencoder of class and style."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.models.aae_semi import AAESemi
from aetrain.objectives.terms import Weighted
from tests.battery import config

SMALL = ("network.hidden=[8]", "model.hidden=[8]", "latent=3")


def built(*options: str) -> AAESemi:
    torch.manual_seed(0)
    model = build_model(config("model=aae_semi", *SMALL, *options), (1, 8, 8))
    assert isinstance(model, AAESemi)
    return model


def batch() -> dict[str, Tensor]:
    return {"x": torch.rand(6, 1, 8, 8), "y": torch.tensor([3, -1, 0, 9, -1, 2])}


def test_phases_with_and_without_labels() -> None:
    phases = ["autoencoder", "class_discriminator", "style_discriminator", "encoder"]
    assert list(built().players()) == [*phases, "classifier"]
    clusters = build_model(config("model=aae_cluster", *SMALL), (1, 8, 8))
    assert list(clusters.players()) == phases
    assert clusters.latent == (16 + 3,)


def test_the_classification_is_the_cross_entropy_of_those_with_a_label() -> None:
    model, data = built(), batch()
    term = model.classification(data)["classification"]
    assert isinstance(term, Weighted)
    logits = model.encoder.network(data["x"])[:, :10]
    labelled = data["y"] >= 0
    expected = cross_entropy(logits[labelled], data["y"][labelled])
    found = (term.cost * term.weight).sum() / term.weight.sum()
    torch.testing.assert_close(found, expected)


def test_labelled_examples_beside_the_batch_are_those_that_are_classified() -> None:
    made, given = built(), batch()
    beside = {"x_labelled": torch.rand(7, *given["x"].shape[1:]), "y_labelled": torch.arange(7) % 3}
    term = made.classification({**given, "y": torch.full_like(given["y"], -1), **beside})
    found = term["classification"]
    assert isinstance(found, Weighted)
    alone = made.classification({"x": beside["x_labelled"], "y": beside["y_labelled"]})
    wanted = alone["classification"]
    assert isinstance(wanted, Weighted)
    torch.testing.assert_close(found.cost, wanted.cost)
    assert found.weight.sum() == 7


def test_codes_are_probabilities_and_a_style_and_real_ones_unit_vectors() -> None:
    model = built()
    y, s = model.encode(batch()["x"]).mean.split([10, 3], 1)
    torch.testing.assert_close(y.sum(1), torch.ones(6))
    assert s.shape == (6, 3)
    drawn = model.codes().sample((5000,))[:, :10]
    assert torch.equal(drawn.sort(1).values, torch.eye(10)[9].expand(5000, 10))
    assert (drawn.mean(0) - 0.1).abs().max() < 0.02


def test_the_error_is_of_the_most_probable_class() -> None:
    model, data = built(), batch()
    data["y"] = model.encode(data["x"]).mean[:, :10].argmax(1)
    data["y"][:2] = (data["y"][:2] + 1) % 10
    assert model.report(data).more["error"].tolist() == [1, 1, 0, 0, 0, 0]


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match=r"model\.classes=1: must be at least 2"):
        built("model.classes=1")
    with pytest.raises(UserError, match="prior=vamp is made of the encoder"):
        built("prior=vamp")
    with pytest.raises(UserError, match="model=aae_semi needs labels"):
        built().classification({"x": batch()["x"]})
