"""The conditional adversarial autoencoder: the class changes while the code stays."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import softplus

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.game import Game
from aetrain.models.caae import CAAE
from aetrain.planning import build_plan
from tests.battery import config, off

EVENT, B, K = (1, 4, 4), 6, 3
SMALL = ("model=caae", "network.hidden=[16]", "latent=3", "model.hidden=[16]")
LABELS = f"conditioning.classes={K}"


def built(*options: str, event: tuple[int, ...] = EVENT) -> CAAE:
    torch.manual_seed(0)
    model = build_model(config(*SMALL, LABELS, *options), event)
    assert isinstance(model, CAAE)
    return model


def batch() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {"x": torch.rand(B, *EVENT).double(), "y": torch.arange(B) % K}


def test_the_label_changes_what_is_decoded_while_the_code_stays() -> None:
    model, x = built().double(), batch()["x"]
    codes, made = [], []
    for k in range(K):
        with torch.no_grad(), model.under(k, B):
            codes.append(model.encode(x).mean)
            made.append(model.decode(codes[0]).mean)
    assert all(torch.equal(z, codes[0]) for z in codes)
    for k in range(1, K):
        assert (made[k] - made[0]).abs().flatten(1).sum(1).min() > 1e-3
    torch.testing.assert_close(model.encode(x).mean, codes[0])  # it needs no label at all
    assert codes[0].abs().max() < 1  # in the box of the prior


def test_draws_are_real_and_codes_fake_whatever_the_label() -> None:
    model, data = built().double(), batch()
    torch.manual_seed(2)
    with model.conditioned(data):
        terms = model.of_codes(data)
    torch.manual_seed(2)
    drawn = model.prior().sample((B,)).double()
    real, fake = model.of_code(drawn), model.of_code(model.encoder(data["x"]).mean)
    torch.testing.assert_close(terms["code_real"], softplus(-real))
    torch.testing.assert_close(terms["code_fake"], softplus(fake))


def test_examples_are_real_and_reconstructions_fake_each_beside_its_label() -> None:
    model, data = built().double(), batch()
    with model.conditioned(data):
        terms = model.of_images(data)
    for row in range(B):
        x, y = data["x"][[row]], int(data["y"][row])
        with model.under(y, 1):
            real = model.of_image(x)
            fake = model.of_image(model.decoder(model.encoder(x).mean).mean)
        with model.under((y + 1) % K, 1):
            assert model.of_image(x) != real
        torch.testing.assert_close(terms["image_real"][row], softplus(-real)[0])  # pyright: ignore
        torch.testing.assert_close(terms["image_fake"][row], softplus(fake)[0])  # pyright: ignore


def test_encoder_and_decoder_pay_four_terms_with_the_papers_weights() -> None:
    model, data = built().double(), batch()
    x = data["x"]
    with model.conditioned(data):
        z = model.encoder(x).mean
        p = model.decoder(z)
        terms = model.terms(data)
        marks = model.of_code(z), model.of_image(p.mean)
    image = p.mean.detach().numpy()
    variation = np.abs(np.diff(image, axis=2)).sum((1, 2, 3))
    variation += np.abs(np.diff(image, axis=3)).sum((1, 2, 3))
    expected = {
        "distortion": -p.log_prob(x),
        "total_variation": torch.from_numpy(variation),
        "code_adversarial": softplus(-marks[0]),
        "image_adversarial": softplus(-marks[1]),
    }
    for name, value in expected.items():
        torch.testing.assert_close(terms[name], value)
    optimizers = {n: torch.optim.SGD(p.parameters(), lr=0.0) for n, p in model.players().items()}
    game = Game(model.players(), optimizers, build_plan(config("model=caae"), "cpu"), 1)
    loss, _ = game._loss(terms, data, B, 0)
    weights = (100 / 16, 10 / 16, 1, 1)
    known = sum(w * v.mean() for w, v in zip(weights, expected.values(), strict=True))
    torch.testing.assert_close(loss, known)


def test_who_moves_and_when() -> None:
    players = built("adversary.updates=2").players()
    assert list(players) == ["code_discriminator", "image_discriminator", "autoencoder"]
    assert [player.every for player in players.values()] == [1, 1, 2]


def test_without_a_weight_nothing_is_smoothed_and_vectors_will_do() -> None:
    model = built("model.total_variation=0", event=(5,))
    data = {"x": torch.rand(B, 5), "y": torch.zeros(B, dtype=torch.long)}
    with model.conditioned(data):
        assert set(model.terms(data)) == {"distortion", "code_adversarial", "image_adversarial"}
        assert set(model.report(data).more) == {"code_mmd"}


def test_what_is_reported() -> None:
    model, data = built().double(), batch()
    with model.conditioned(data), torch.no_grad():
        report = model.report(data)
    assert list(report.costs) == ["distortion"]
    assert set(report.more) == {"code_mmd", "total_variation", "data_variation"}


def bars(steps: int, n: int) -> tuple[Tensor, Tensor]:
    """Return images (steps, n, 1, 4, 4) of a bar whose direction is its class, and classes."""
    y = torch.randint(2, (steps, n))
    place = (torch.rand(steps, n, 1) * 4 - torch.arange(4) - 0.5).abs()
    profile = (1 - place).clamp(0, 1)
    across = profile[..., None, :].expand(-1, -1, 4, -1)
    return torch.where(y[..., None, None] == 0, across, across.mT)[:, :, None], y


def test_codes_reach_the_prior_and_tell_nothing_of_the_class() -> None:
    options = ["latent=1", "optimizer.lr=0.003", "network.hidden=[32]", "adversary.r1=0.1"]
    model = built(*options, "conditioning.classes=2")
    plan = build_plan(config("model=caae", *options), "cpu")
    x, y = bars(1, 1000)
    held_out = {"x": x[0], "y": y[0]}

    def apart() -> float:
        with model.conditioned(held_out), torch.no_grad():
            return off(model.report(held_out).more["code_mmd"])

    before = apart()
    players = model.players()
    optimizers = {name: plan.optimizer(p.parameters()) for name, p in players.items()}
    x, y = bars(800, 64)
    game = Game(players, optimizers, plan, len(x))
    for step in range(len(x)):
        data = {"x": x[step], "y": y[step]}
        with model.conditioned(data):
            game.play(data, len(data["x"]), step, measure=False)
    assert apart() < 0.2 * before
    # of a bar's code the other class makes a bar of the other direction
    with torch.no_grad():
        z = model.encode(held_out["x"]).mean
        for k, (along, across) in enumerate([(2, 3), (3, 2)]):
            with model.under(k, len(z)):
                made = model.decode(z).mean
            ratio = made.diff(dim=along).abs().sum() / made.diff(dim=across).abs().sum()
            assert ratio < 0.3, k


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["conditioning=none"], "conditioning=none: the decoder of model=caae is given the label"),
        (["samples=2"], "samples=2: model=caae draws one code; use samples=1"),
        (["objective=elbo"], "objective: model=caae has its own"),
        (["prior=vamp"], "prior=vamp is made of the encoder.*use prior=standard_normal"),
        (["model.distortion=-1"], r"model\.distortion=-1.*: must be at least 0"),
        (["model.total_variation=nan"], r"model\.total_variation=nan: must be at least 0"),
        (["network=pixelcnn", "network.hidden=[4]"], r"passes gradients through.*use network=conv"),
        (["network=conv"], "conditioning=concat: .*use conditioning=channels"),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    own = [LABELS] if "conditioning=none" not in options else []
    with pytest.raises(UserError, match=message):
        build_model(config(*SMALL, *own, *options), EVENT)


def test_smoothing_is_of_images() -> None:
    with pytest.raises(UserError, match=r"shape \(5,\): set model\.total_variation=0"):
        built(event=(5,))
