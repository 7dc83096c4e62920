"""The perceptual VAE: what is compared, what is frozen, and what a checkpoint knows of it."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.distributions import kl_divergence

import aetrain
from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.models.dfc_vae import DfcVAE
from aetrain.trial import try_out
from tests.battery import config
from tests.conftest import TINY

EVENT, B = (1, 4, 4), 6
SMALL = ("model=dfc_vae", "network.hidden=[8,5]", "latent=3")


def built(*options: str, event: tuple[int, ...] = EVENT) -> DfcVAE:
    torch.manual_seed(0)
    model = build_model(config(*SMALL, *options), event)
    assert isinstance(model, DfcVAE)
    return model


def hidden(network: torch.nn.Module, x: Tensor) -> list[Tensor]:
    """Return what the two layers of relus put out."""
    layers = network.layers
    first = layers[0](x.flatten(1)).relu()  # pyright: ignore
    return [first, layers[2](first).relu()]  # pyright: ignore


@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.5, 3.0)])
def test_terms_by_hand(weights: tuple[float, float]) -> None:
    model, x = built(f"model.features.weights=[{weights[0]},{weights[1]}]"), torch.rand(B, *EVENT)
    torch.manual_seed(1)
    terms = model.terms({"x": x})
    torch.manual_seed(1)
    q = model.encoder(x)
    made = model.decoder(q.rsample()).mean
    network = model.features._frozen[0].network
    pairs = zip(hidden(network, x), hidden(network, made), strict=True)
    apart = [(a - b).square().sum(1) for a, b in pairs]
    expected = 0.5 * (weights[0] * apart[0] + weights[1] * apart[1])
    torch.testing.assert_close(terms["features"], expected)
    torch.testing.assert_close(terms["code_rate"], kl_divergence(q, model.prior()))


def test_the_network_is_frozen_and_no_part_of_the_model() -> None:
    model, x = built(), torch.rand(B, *EVENT)
    network = model.features._frozen[0].network
    model.train()
    loss = torch.stack([t.mean() for t in model.terms({"x": x}).values()]).sum()  # pyright: ignore
    loss.backward()
    assert not network.training
    assert all(p.grad is None and not p.requires_grad for p in network.parameters())
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)
    assert [name for name in model.state_dict() if "features" in name] == ["features.fingerprint"]
    own = {id(p) for p in model.parameters()}
    assert own.isdisjoint(id(p) for p in network.parameters())


def test_random_features_are_the_same_whatever_the_seed() -> None:
    one = built().features.fingerprint
    torch.manual_seed(7)
    other = build_model(config(*SMALL), EVENT)
    assert torch.equal(one, other.features.fingerprint)  # pyright: ignore


def test_there_is_no_density() -> None:
    model = built()
    report = model.report({"x": torch.rand(B, *EVENT)})
    assert list(report.costs) == ["features", "code_rate"]
    assert model.log_prob(torch.rand(B, *EVENT), 5) is None


def test_the_features_of_a_classifier_of_ours(here: Path) -> None:
    layers = ["network.hidden=[8]", "model.layer_epochs=0"]
    aetrain.train([*TINY, *layers, "model=stacked_ae", "head=classifier", "run.dir=classifier"])
    own = ["model=dfc_vae", "model.features.run=classifier", "run.dir=r"]
    results = aetrain.train([*TINY, *own])
    assert not {"test/elbo", "test/nll", "test/bits_per_dim"} & set(results)
    trained = aetrain.load("r")
    network = trained.model.features._frozen[0].network  # pyright: ignore
    classifier = aetrain.load("classifier").model.encoder.network  # pyright: ignore
    for a, b in zip(network.parameters(), classifier.parameters(), strict=True):  # pyright: ignore
        assert torch.equal(a, b)
    content = torch.load("r/checkpoints/last.ckpt", weights_only=True)
    assert content["aetrain"]["config"]["model"]["features"]["run"] == "classifier"
    aetrain.train(["resume=r", "trainer.max_epochs=3"])
    Path("classifier").rename("elsewhere")
    again = aetrain.load("r")  # to be used, it needs no features
    assert again.sample(2).shape == (2, 1, 8, 8)
    with pytest.raises(UserError, match="classifier: no such run directory"):
        aetrain.train(["resume=r", "trainer.max_epochs=4"])
    more = ["seed=5", "model=stacked_ae", "head=classifier", "run.dir=classifier"]
    aetrain.train([*TINY, *layers, *more])
    with pytest.raises(UserError, match=r"trained by features of weights.*use the same run"):
        aetrain.load("r")


def test_the_features_of_a_model_of_torchvision(here: Path) -> None:
    from torchvision.models import get_model

    torch.manual_seed(0)
    network = get_model("squeezenet1_1", weights=None)
    torch.save(network.state_dict(), "weights.pt")
    chosen = ["model.features.torchvision=squeezenet1_1", "model.features.file=weights.pt"]
    layers = ["model.features.layers=[features.1]", "model.features.size=32"]
    model = built(*chosen, *layers, event=(1, 8, 8))
    x, y = torch.rand(2, 3, 1, 8, 8)
    size = {"size": (32, 32), "mode": "bilinear", "antialias": True}
    mean = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    seen = []
    for images in (x, y):
        wide = torch.nn.functional.interpolate(images.repeat(1, 3, 1, 1), **size)
        seen.append(network.features[0]((wide - mean) / deviation).relu())  # pyright: ignore
    expected = 0.5 * (seen[0] - seen[1]).square().flatten(1).sum(1)
    torch.testing.assert_close(model.features(x, y), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["samples=2"], "samples=2: model=dfc_vae draws one code; use samples=1"),
        (["objective=elbo"], "objective: model=dfc_vae has its own"),
        (["posterior=delta"], "model=dfc_vae needs a posterior with a density"),
        (["model.features.layers=[layers.9]"], "has no layer 'layers.9'; choose from layers.0"),
        (["model.features.weights=[1]"], r"must be 2, one for each layer: layers\.1, layers\.3"),
        (["model.features.run=a", "model.features.torchvision=b"], "set one of them to null"),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        built(*options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["model.features.run=nowhere"], "nowhere: no such run directory"),
        (["model.features.torchvision=vgg19"], r"set model\.features\.file"),
        (
            ["model.features.torchvision=vgg", "model.features.file=a.pt"],
            "torchvision has no such model; choose one such as vgg19",
        ),
        (
            ["model.features.torchvision=vgg11", "model.features.file=a.pt"],
            r"model\.features\.file=a\.pt: no such file",
        ),
    ],
)
def test_what_is_missed_when_it_is_needed(options: list[str], message: str) -> None:
    model = built(*options)
    with pytest.raises(UserError, match=message):
        try_out(model, {"x": torch.rand(B, *EVENT)})
