"""The CVAE-GAN: what each player pays."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor
from torch.distributions import kl_divergence
from torch.nn.functional import cross_entropy, leaky_relu, softplus

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.models.cvae_gan import CVAEGAN
from aetrain.objectives.terms import batch_mean
from aetrain.world import World
from tests.battery import config

EVENT, B, K = (1, 4, 4), 6, 3
SMALL = ("model=cvae_gan", "network.hidden=[8]", "model.features=5", "latent=3")


def built(*options: str) -> CVAEGAN:
    torch.manual_seed(0)
    chosen = [*SMALL, f"conditioning.classes={K}", *options]
    model = build_model(config(*chosen), EVENT).double()
    assert isinstance(model, CVAEGAN)
    return model


def batch() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {"x": torch.rand(B, *EVENT).double(), "y": torch.tensor([0, 1, 2, 2, -1, 0])}


@contextmanager
def seeded(model: CVAEGAN, data: dict[str, Tensor]) -> Iterator[None]:
    torch.manual_seed(2)
    with model.conditioned(data):
        yield


def mean(term: object) -> Tensor:
    return batch_mean(term, B, World())  # pyright: ignore


def features(network: torch.nn.Module, x: Tensor) -> Tensor:
    return leaky_relu(network.body(x), 0.2)  # pyright: ignore


def codes(model: CVAEGAN, data: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    return model.encoder(data["x"]).sample(), model.prior().sample((B,))


def test_the_encoder_pays_for_rate_pixels_and_pairs_of_features() -> None:
    model, data = built(), batch()
    with seeded(model, data):
        terms = model.inference(data)
    with seeded(model, data):
        q = model.encoder(data["x"])
        p = model.decoder(q.rsample())
    torch.testing.assert_close(terms["rate"], kl_divergence(q, model.prior()))
    torch.testing.assert_close(terms["distortion"], -p.log_prob(data["x"]))
    networks = model.discriminator.network, model.classifier.network
    for name, network in zip(("features", "class_features"), networks, strict=True):
        apart = features(network, data["x"]) - features(network, p.mean)
        torch.testing.assert_close(terms[name], 0.5 * apart.square().sum(1))


def test_the_decoder_matches_means_of_draws_and_pairs_of_reconstructions() -> None:
    model, data = built(), batch()
    with seeded(model, data):
        terms = model.generation(data)
    with seeded(model, data):
        z, drawn = codes(model, data)
        p, made = model.decoder(z), model.decoder(drawn).mean
    x, y = data["x"], data["y"]
    torch.testing.assert_close(terms["decoder_distortion"], -p.log_prob(x))
    f, g = model.discriminator.network, model.classifier.network
    for name, network in (("decoder_features", f), ("decoder_class_features", g)):
        apart = features(network, x) - features(network, p.mean)
        torch.testing.assert_close(terms[name], 0.5 * apart.square().sum(1))
    gap = features(f, x).mean(0) - features(f, made).mean(0)
    torch.testing.assert_close(mean(terms["mean_features"]), 0.5 * gap.square().sum())
    gaps = [features(g, x)[y == k].mean(0) - features(g, made)[y == k].mean(0) for k in range(K)]
    expected = 0.5 * torch.stack(gaps).square().sum()
    torch.testing.assert_close(mean(terms["class_means"]), expected)
    marks = model.discriminator(made)
    torch.testing.assert_close(terms["adversarial"], softplus(-marks))
    assert model.players()["decoder"].weights == {"adversarial": 0.0}


def test_the_discriminator_sees_both_kinds_of_fakes_and_no_class() -> None:
    model, data = built(), batch()
    with seeded(model, data):
        terms = model.discrimination(data)
    with seeded(model, data):
        marks = model.discriminator(model.decoder(torch.cat(codes(model, data))).mean)
    torch.testing.assert_close(terms["real"], softplus(-model.discriminator(data["x"])))
    torch.testing.assert_close(terms["fake"], softplus(marks).reshape(2, B).sum(0))


def test_the_classifier_learns_from_what_has_a_label() -> None:
    model, data = built(), batch()
    known = data["y"] >= 0
    logits = model.classifier(data["x"]).logits[known]
    found = mean(model.classification(data)["classification"])
    torch.testing.assert_close(found, cross_entropy(logits, data["y"][known]))
    probabilities = model.class_probabilities(data["x"])[known]
    torch.testing.assert_close(probabilities, logits.softmax(1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["samples=2"], r"samples=2: model=cvae_gan draws one code; use samples=1"),
        (["model.features=0"], r"model\.features=0: must be at least 1"),
        (["model.decay=1"], r"model\.decay=1: must be at least 0 and below 1"),
        (["posterior=delta"], "model=cvae_gan needs a posterior with a density"),
        (["objective=elbo"], "objective: model=cvae_gan has its own"),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        built(*options)


def test_without_a_condition_there_are_no_classes() -> None:
    with pytest.raises(UserError, match=r"conditioning: model=cvae_gan .* use conditioning=concat"):
        build_model(config(*SMALL, "conditioning=none"), EVENT)
