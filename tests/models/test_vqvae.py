"""Quantised autoencoders against brute force, closed forms and enumeration."""

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.build import build_model
from aetrain.data.digits import Digits
from aetrain.data.module import DataModule
from aetrain.errors import UserError
from aetrain.evaluation.tally import Tally
from aetrain.models.vqvae import VQVAE
from aetrain.quantisers.codebook import Codebook
from aetrain.values import BINARY
from tests.battery import config

EVENT, B, LATENT = (1, 8, 8), 5, 6
SMALL = ["network.hidden=[8]", f"latent={LATENT}", "model.code_prior.width=16"]
CODES = {"vqvae": 512, "rvqvae": 256, "fsq_vae": 1000}

every_model = pytest.mark.parametrize("model", CODES)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def made(model: str, *options: str, event: Any = EVENT) -> VQVAE:
    built = build_model(config(f"model={model}", *SMALL, *options), event)
    assert isinstance(built, VQVAE)
    return built


def images(n: int = B) -> Tensor:
    return torch.rand(n, *EVENT).round()


@every_model
def test_the_rate_of_the_first_stage_is_that_of_equally_likely_codes(model: str) -> None:
    """TARGETS: the KL of a VQ-VAE is N ln K."""
    vqvae = made(model)
    rate = vqvae.report({"x": images()}).costs["rate"]
    number = 4 * (4 if model == "rvqvae" else 1)
    torch.testing.assert_close(rate, torch.full((B,), number * math.log(CODES[model])))


@every_model
def test_the_rate_of_the_second_stage_is_that_of_the_codes(model: str) -> None:
    vqvae, x = made(model).double(), images().double()
    vqvae.position.stage = 1
    indices = vqvae.quantise(x).indices
    assert torch.equal(vqvae.encode(x).mean, vqvae._map(vqvae.quantiser.lookup(indices)))
    p = vqvae.code_prior()
    expected = -p.log_prob(indices.view(B, 2, 2, -1))
    report = vqvae.report({"x": x})
    torch.testing.assert_close(report.costs["rate"], expected)
    (term,) = vqvae.rate({"x": x}).values()
    torch.testing.assert_close(term, expected)
    distortion = -vqvae.decode(report.code).log_prob(x)
    torch.testing.assert_close(report.costs["distortion"], distortion)
    torch.testing.assert_close(vqvae.log_prob(x, 7), -distortion - expected)


@pytest.mark.parametrize("places", [1, 2])
def test_minus_the_cost_is_below_the_enumerated_log_evidence(places: int) -> None:
    """log Σᵢ p(x|z(i)) p(i) over all codes of a model small enough to list them."""
    options = ["model.quantiser.codes=5", "network=mlp", f"model.positions={places}"]
    vqvae = made("vqvae", *options, "likelihood=gaussian", event=(3,)).double()
    vqvae.position.stage, x = 1, torch.randn(B, 3, dtype=torch.float64)
    with torch.no_grad():
        vqvae.code_prior.weight.normal_()  # pyright: ignore
        every = torch.tensor(list(itertools.product(range(5), repeat=places)))
        p = vqvae.code_prior()
        masses = p.log_prob(every.view(-1, places, 1))
        assert masses.exp().sum().item() == pytest.approx(1)
        maps = vqvae._map_of(every.view(-1, places, 1))
        log_p = (vqvae.decode(maps).log_prob(x.unsqueeze(1)) + masses).logsumexp(1)
    assert (vqvae.log_prob(x) < log_p).all()
    bound = -torch.stack(list(vqvae.report({"x": x}).costs.values())).sum(0)
    torch.testing.assert_close(bound, vqvae.log_prob(x))


@every_model
def test_a_place_of_the_map_is_the_code_of_its_features(model: str) -> None:
    vqvae, x = made(model).double(), images().double()
    features = vqvae.encoder(x).mean  # (B, D, 2, 2)
    z = vqvae.encode(x).mean
    assert z.shape == features.shape == (B, LATENT, 2, 2)
    for row, column in itertools.product(range(2), repeat=2):
        alone = vqvae.quantiser(features[:, :, row, column].unsqueeze(1))
        torch.testing.assert_close(z[:, :, row, column], alone.values.squeeze(1))


@pytest.mark.parametrize("model", ["vqvae", "rvqvae"])
def test_the_encoder_gets_the_gradient_of_its_codes(model: str) -> None:
    """∂distortion/∂features is ∂distortion/∂z at z, straight through."""
    vqvae, x = made(model).double(), images().double()
    features = vqvae.encoder(x).mean.detach().requires_grad_()
    z = vqvae._map(vqvae.quantiser(features.flatten(2).transpose(1, 2)).values)
    (straight,) = torch.autograd.grad(-vqvae.decode(z).log_prob(x).sum(), features)
    z = z.detach().requires_grad_()
    (own,) = torch.autograd.grad(-vqvae.decode(z).log_prob(x).sum(), z)
    torch.testing.assert_close(straight, own)


@every_model
def test_draws_are_maps_of_codes(model: str) -> None:
    vqvae = made(model).double()
    p = vqvae.codes()
    z = p.sample((7, 2))
    assert z.shape == (7, 2, LATENT, 2, 2)
    vectors = z.flatten(3).transpose(2, 3).reshape(14, 4, LATENT)
    if model == "vqvae":  # every vector is one of the codebook's
        distances = torch.cdist(vectors.flatten(0, 1), vqvae.quantiser.codebook.vectors)  # pyright: ignore
        assert distances.min(1).values.max() < 1e-6
    assert vqvae.sample(3).sample().shape == (3, *EVENT)


@every_model
def test_perplexity_of_the_codes_in_use(model: str) -> None:
    """From 1, where all are one code, to K, where all occur as often; never more."""
    vqvae, tally = made(model).double(), Tally()
    for _ in range(3):
        tally.add(vqvae.report({"x": images(40).double()}))
    perplexity = tally.figures(64, 0.0)["perplexity"]
    assert 1 <= perplexity <= min(CODES[model], 3 * 40 * 4)
    tally = Tally()
    tally.add(vqvae.report({"x": torch.zeros(1, *EVENT).double()}))
    assert tally.figures(64, 0.0)["perplexity"] <= 4 + 1e-9
    counts = vqvae.report({"x": images().double()}).counts["perplexity"]
    assert counts.sum(1).tolist() == [B * 4] * vqvae.quantiser.depth


@pytest.mark.parametrize("model", ["vqvae", "rvqvae"])
def test_a_report_changes_nothing_and_training_does(model: str) -> None:
    vqvae, batch = made(model), {"x": images()}
    books = [module for module in vqvae.modules() if isinstance(module, Codebook)]
    before = [book.vectors.clone() for book in books]
    for stage in (0, 1):
        vqvae.position.stage = stage
        vqvae.report(batch)
        with torch.no_grad():
            next(iter(vqvae.players().values())).terms(batch)
        vqvae.players()["prior"].terms(batch) if stage else None
        for book in books:
            book.after_step(1, 1, vqvae.world)
        after = [book.vectors for book in books]
        assert all(torch.equal(a, b) for a, b in zip(after, before, strict=True))
    vqvae.position.stage = 0
    vqvae.terms(batch)
    for book, old in zip(books, before, strict=True):
        book.after_step(1, 1, vqvae.world)
        assert not torch.equal(book.vectors, old)


@pytest.fixture(scope="module")
def data() -> DataModule:
    module = DataModule(Digits())
    module.load(BINARY)
    return module


@pytest.mark.parametrize("model", ["vqvae", "rvqvae"])
def test_the_codes_begin_with_features_of_the_data(model: str, data: DataModule) -> None:
    errors = []
    for begins in (False, True):
        torch.manual_seed(0)
        vqvae = made(model, "model.quantiser.codes=32")
        if begins:
            vqvae.begin_stage(data)
        with torch.no_grad():
            x = data.first("train", 200, torch.device("cpu"))["x"]
            features = vqvae._features(x)
            errors.append((vqvae.quantise(x).values - features).square().mean() / features.var())
    assert errors[1] < 0.5
    assert errors[1] < 0.1 * errors[0]
    again = made(model, "model.quantiser.codes=32")
    again.load_state_dict(vqvae.state_dict())
    vqvae.begin_stage(data)
    again.begin_stage(data)
    assert all(torch.equal(x, again.state_dict()[name]) for name, x in vqvae.state_dict().items())
    vqvae.position.stage = 1
    before = {name: x.clone() for name, x in vqvae.state_dict().items()}
    vqvae.begin_stage(data)
    assert all(torch.equal(x, before[name]) for name, x in vqvae.state_dict().items())


@pytest.mark.parametrize(
    ("event", "options", "latent"),
    [
        ((1, 8, 8), [], (LATENT, 2, 2)),
        ((3, 28, 20), ["model.downsample=8"], (LATENT, 4, 3)),
        ((3, 7, 13), ["model.downsample=2"], (LATENT, 4, 7)),
        ((1, 8, 8), ["model.downsample=1"], (LATENT, 8, 8)),
        ((1, 8, 8), ["model.downsample=64"], (LATENT, 1, 1)),
        ((1, 8, 8), ["network=mlp"], (LATENT, 2, 2)),
        ((30,), ["network=mlp"], (LATENT, 8)),
        ((30,), ["network=mlp", "model.positions=3"], (LATENT, 3)),
    ],
)
def test_the_shape_of_the_codes(event: Any, options: list[str], latent: Any) -> None:
    model = made("rvqvae", *options, event=event)
    assert model.latent == latent
    assert model.encode(torch.rand(2, *event)).event_shape == latent
    assert model.sample(2).event_shape == event


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["posterior=diagonal_gaussian"],
            "quantised codes are a point for each x, and posterior=diagonal_gaussian is random:"
            " use posterior=delta (the model's default), or model=vae",
        ),
        (
            ["prior=flow"],
            "prior=flow is none over indices of quantised codes; the model learns one,"
            " model.code_prior: use prior=standard_normal, the default, which has no effect",
        ),
        (["samples=2"], "samples=2: quantised codes are a point for each x; use samples=1"),
        (["model.downsample=3"], "model.downsample=3: must be a power of 2, such as 4"),
        (["model.downsample=0"], "model.downsample=0: must be a power of 2, such as 4"),
        (["model.positions=0"], "model.positions=0: must be at least 1, such as 8"),
        (["model.prior_epochs=-1"], "model.prior_epochs=-1: must be at least 0, or null"),
        (
            ["model.quantiser.codes=1"],
            "model.quantiser.codes=1: must be at least 2, such as 512",
        ),
    ],
)
def test_what_it_refuses(options: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        made("vqvae", *options)
    assert str(caught.value) == message


def test_data_that_are_no_image_need_another_network() -> None:
    with pytest.raises(UserError, match=r"network=resnet needs images .* use network=mlp"):
        made("vqvae", event=(30,))
