"""The game of the FactorVAE: who is moved by what, and what the discriminator finds."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from aetrain.build import build_model
from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.game import Game, Plan
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.models.factor_vae import FactorVAE, shuffled
from aetrain.networks.mlp import MLP
from aetrain.objectives.elbo import elbo
from aetrain.planning import build_plan
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.standard_normal import StandardNormal
from aetrain.referee import LINES, Referee
from tests.battery import config, off

EVENT, B = (1, 4, 4), 6
CHOICES = ("model=factor_vae", "network.hidden=[8]", "model.hidden=[16]", "latent=3")


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def built(*more: str) -> FactorVAE:
    model = build_model(config(*CHOICES, *more), EVENT)
    assert isinstance(model, FactorVAE)
    return model


def batch() -> dict[str, Tensor]:
    return {"x": torch.rand(B, *EVENT).round()}


class Copied(nn.Module):
    """Means that are x itself, and scales that are next to nothing."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([x, torch.full_like(x, -1e6)], 1)


def of_codes(d: int, hidden: tuple[int, ...]) -> FactorVAE:
    """Return a model whose codes are its data."""
    encoder = Conditional(lambda given, out: Copied(), DiagonalGaussian((d,)), [(d,)])
    decoder = Conditional(MLP, Gaussian((d,)), [(d,)])
    return FactorVAE(encoder, decoder, StandardNormal((d,)), hidden=hidden)


def optimizers(model: FactorVAE, plan: Plan) -> dict[str, torch.optim.Optimizer]:
    return {
        name: (player.optimizer or plan.optimizer)(player.parameters())
        for name, player in model.players().items()
    }


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_the_discriminator_finds_the_total_correlation_of_a_gaussian(correlation: float) -> None:
    """−½ log(1 − ρ²) for two dimensions."""
    model = of_codes(2, (64, 64))
    player = model.players()["discriminator"]
    factor = torch.tensor([[1.0, 0.0], [correlation, math.sqrt(1 - correlation**2)]])
    optimizer = torch.optim.Adam(player.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 400)
    for _ in range(400):
        optimizer.zero_grad()
        cost = player.terms({"x": torch.randn(300, 2) @ factor.T})["cross_entropy"]
        assert isinstance(cost, Tensor)
        cost.mean().backward()
        optimizer.step()
        schedule.step()
    expected = -0.5 * math.log(1 - correlation**2)
    with torch.no_grad():
        found = model.log_ratio(torch.randn(20_000, 2) @ factor.T).mean().item()
    assert found == pytest.approx(expected, rel=0.1, abs=0.02)


def test_the_order_and_the_optimizers_are_the_papers() -> None:
    model = built()
    players = model.players()
    assert list(players) == ["autoencoder", "discriminator"]
    plan = build_plan(config(*CHOICES), "cpu")
    first, second = optimizers(model, plan).values()
    assert (first.defaults["lr"], tuple(first.defaults["betas"])) == (1e-3, (0.9, 0.999))
    assert (second.defaults["lr"], tuple(second.defaults["betas"])) == (1e-4, (0.5, 0.9))
    assert type(second) is torch.optim.Adam
    assert plan.weights == {"rate": 1.0, "total_correlation": 10.0}


@pytest.mark.parametrize("mover", ["autoencoder", "discriminator"])
def test_players_never_touch_one_another(mover: str) -> None:
    model, plan = built(), build_plan(config(*CHOICES), "cpu")
    own = {id(p) for p in model.players()[mover].parameters()}
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    moving = {mover: optimizers(model, plan)[mover]}
    Game(model.players(), moving, plan, 10).play(batch(), B, 0, measure=True)
    for name, parameter in model.named_parameters():
        if id(parameter) in own:
            assert parameter.grad is not None
            assert not torch.equal(parameter, before[name]), name
        else:
            assert parameter.grad is None
            assert torch.equal(parameter, before[name]), name


def test_terms_by_hand() -> None:
    model, data = built("samples=2"), batch()
    torch.manual_seed(1)
    terms = model.terms(data)
    torch.manual_seed(1)
    inference = model.infer(data)
    for name, term in elbo(inference).items():
        assert torch.equal(terms[name], term)  # pyright: ignore[reportArgumentType]
    told = torch.stack([model.discriminator(z)[:, 0] for z in inference.z])
    torch.testing.assert_close(terms["total_correlation"], told.mean(0))


def test_the_cross_entropy_is_torchs() -> None:
    model, data = built(), batch()
    torch.manual_seed(1)
    found = model.discrimination(data)["cross_entropy"]
    torch.manual_seed(1)
    codes, others = model.encode(data["x"]).sample((2,))
    logits = torch.cat([model.discriminator(codes), model.discriminator(shuffled(others))], 1).T
    labels = torch.stack([torch.ones(B), torch.zeros(B)])
    expected = nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    torch.testing.assert_close(found, expected.mean(0))


def test_accuracies_are_of_the_signs_of_the_log_ratio() -> None:
    model, data = built(), batch()
    torch.manual_seed(1)
    found = model.discrimination(data)
    torch.manual_seed(1)
    codes, others = model.encode(data["x"]).sample((2,))
    of_codes, of_shuffled = model.discriminator(codes)[:, 0], model.discriminator(shuffled(others))
    assert torch.equal(found["accuracy_fake"], (of_codes >= 0).float())  # pyright: ignore
    assert torch.equal(found["accuracy_real"], (of_shuffled[:, 0] < 0).float())  # pyright: ignore


def test_codes_are_held_against_draws_of_the_prior_in_the_report() -> None:
    """Codes that are the data: draws of the prior are near it, and others are not."""
    model = of_codes(2, (4,))
    with torch.no_grad():
        near = off(model.report({"x": torch.randn(500, 2)}).more["code_mmd"])
        far = off(model.report({"x": torch.randn(500, 2) + 2}).more["code_mmd"])
    assert abs(near) < 0.05 < 0.5 < far


def test_what_the_referee_says_of_it() -> None:
    def said(**figures: float) -> list[str]:
        line = {f"train/{name}": figure for name, figure in figures.items()}
        line["weight/total_correlation"] = weight
        ends = built().players()["discriminator"].outcomes
        return [text for _ in range(LINES) for text in referee.judge(line, 1, ends)]

    weight, referee = 10.0, Referee()
    assert said(accuracy_real=0.9, accuracy_fake=0.0, cross_entropy=0.6932) == []  # the balance
    (text,) = said(accuracy_real=1.0, accuracy_fake=0.0, cross_entropy=0.8)
    assert "below 0, which none is. Try a higher model.discriminator_optimizer.lr" in text
    weight = 0.0
    assert said(accuracy_real=1.0, accuracy_fake=1.0, cross_entropy=0.01) == []
    weight = 10.0
    (text,) = said(accuracy_real=1.0, accuracy_fake=1.0, cross_entropy=0.01)
    assert "codes stay correlated. Try a larger objective.weights.total_correlation" in text


def test_a_step_against_a_correlation_lowers_it() -> None:
    """The sign: the autoencoder's own step makes its codes look less correlated."""
    model = built("optimizer.lr=0.01")
    data, plan = batch(), build_plan(config(*CHOICES, "optimizer.lr=0.01"), "cpu")
    plan.weights.update(distortion=0.0, rate=0.0)  # pyright: ignore[reportAttributeAccessIssue]
    game = Game(model.players(), {"autoencoder": optimizers(model, plan)["autoencoder"]}, plan, 30)

    def cost() -> float:
        torch.manual_seed(1)
        term: Any = model.terms(data)["total_correlation"]
        return term.mean().item()

    before = cost()
    for step in range(30):
        game.play(data, B, step, measure=False)
    assert cost() < before


def test_shuffled_codes_are_each_dimension_in_another_order() -> None:
    z = torch.arange(300.0).view(100, 3)
    found = shuffled(z)
    assert torch.equal(found.sort(0).values, z)
    orders = [tuple(found[:, d].tolist()) for d in range(3)]
    assert orders[0] != tuple(z[:, 0].tolist())
    assert tuple((found[:, 0] + 1).tolist()) != orders[1]


def test_the_report_tells_of_the_total_correlation() -> None:
    model, data = built(), batch()
    with torch.no_grad():
        report = model.report(data)
    assert list(report.costs) == ["distortion", "rate"]
    assert report.more["total_correlation"].shape == (B,)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        (["latent=1"], "of one dimension there is no correlation"),
        (["posterior=delta"], "model=factor_vae needs a posterior with a density"),
        (["objective=piwae"], "this model has no bound for the encoder alone: use model=vae"),
    ],
)
def test_what_is_refused(choices: list[str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        built(*choices)


def test_an_objective_with_a_total_correlation_of_its_own() -> None:
    with pytest.raises(UserError, match="use objective=elbo with model=factor_vae, or model=vae"):
        built("objective=beta_tc").terms(batch())
