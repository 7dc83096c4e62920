"""The plain autoencoder, and the regularised ones with their terms."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.build import build_model
from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.game import Game, Plan
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.models.ae import AE
from aetrain.networks.mlp import MLP
from aetrain.planning import build_plan
from aetrain.posteriors.delta import Delta
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.standard_normal import StandardNormal
from tests.battery import config

EVENT, LATENT, B = (1, 8, 8), (3,), 5
TERMS = {
    "rae": ["distortion", "code_norm", "decoder_weights"],
    "rae_gp": ["distortion", "code_norm", "gradient_penalty"],
    "rae_sn": ["distortion", "code_norm"],
}


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def parts(posterior: type = Delta) -> tuple[Conditional, Conditional, StandardNormal]:
    encoder = Conditional(MLP, posterior(LATENT), [EVENT])
    return encoder, Conditional(MLP, Gaussian(EVENT), [LATENT]), StandardNormal(LATENT)


def build(*overrides: str) -> Any:
    torch.manual_seed(0)
    return build_model(config("network.hidden=[8]", "latent=3", *overrides), EVENT)


def binary(n: int = 6) -> dict[str, Tensor]:
    draws = torch.Generator().manual_seed(1)
    return {"x": torch.rand(n, *EVENT, generator=draws).round()}


def test_a_random_posterior_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        AE(*parts(DiagonalGaussian))
    assert str(caught.value) == (
        "posterior=diagonal_gaussian is random, but this model encodes to a point:"
        " use posterior=delta (its default), or model=vae"
    )


@pytest.mark.parametrize("model", ["ae", "rae", "rae_gp", "rae_sn"])
def test_the_refusals_from_the_command_line(model: str) -> None:
    with pytest.raises(UserError, match="posterior=diagonal_gaussian is random"):
        build(f"model={model}", "posterior=diagonal_gaussian")
    with pytest.raises(UserError, match="samples=3: this model encodes to a point; use samples=1"):
        build(f"model={model}", "samples=3")


@pytest.mark.parametrize("model", ["ae", "vae"])
def test_noise_in_the_encoder_is_for_models_that_need_no_density(model: str) -> None:
    """Each would else send the user to the other."""
    with pytest.raises(UserError, match=r"posterior=implicit .* or model=aae$"):
        build(f"model={model}", "posterior=implicit")
    build("model=aae", "posterior=implicit")


@pytest.mark.parametrize("samples", [0, 2])
def test_more_than_one_sample_is_refused(samples: int) -> None:
    with pytest.raises(UserError) as caught:
        AE(*parts(), samples=samples)
    assert str(caught.value) == (
        f"samples={samples}: this model encodes to a point; use samples=1, with an objective that"
        " takes one, such as objective=reconstruction"
    )


def test_the_cost_is_half_the_squared_error_and_a_constant() -> None:
    model, x = AE(*parts()), torch.rand(B, *EVENT)
    costs = model.report({"x": x}).costs
    assert list(costs) == list(model.terms({"x": x})) == ["distortion"]
    error = (x - model.reconstruct(x)).square().sum((1, 2, 3))
    constant = 32 * torch.tensor(2 * torch.pi).log()
    torch.testing.assert_close(costs["distortion"], 0.5 * error + constant)


def test_nothing_is_random() -> None:
    model, x = AE(*parts()), torch.rand(B, *EVENT)
    one, other = (model.report({"x": x}) for _ in range(2))
    assert torch.equal(one.costs["distortion"], other.costs["distortion"])
    assert torch.equal(one.code, other.code)
    assert one.rates is None


def test_it_defines_no_evidence() -> None:
    assert AE(*parts()).log_prob(torch.rand(B, *EVENT), 10) is None


def test_its_player_does_not_move_the_prior() -> None:
    model = AE(*parts())
    (player,) = model.players().values()
    assert list(player.modules) == [model.encoder, model.decoder]


@pytest.mark.parametrize("hidden", [[20, 12, 8], [24, 20, 16, 12], [24, 20, 16, 12, 8]])
def test_deep_ones_are_trained_free_and_tied(hidden: list[int]) -> None:
    """A tied decoder has biases of its own and no weights; all parameters have gradients."""
    sizes = {}
    for network in ("mlp", "tied"):
        chosen = config("model=ae", f"network={network}", f"network.hidden={hidden}", "latent=3")
        model, x = build_model(chosen, EVENT), torch.rand(B, *EVENT)
        model.terms({"x": x})["distortion"].mean().backward()
        assert all(p.grad is not None and p.grad.any() for p in model.parameters())
        sizes[network] = sum(p.numel() for p in model.parameters())
    widths = [64, *hidden, 3]
    assert sizes["mlp"] - sizes["tied"] == sum(a * b for a, b in pairwise(widths))


def test_the_squared_error_is_that_of_the_mean() -> None:
    model, x = AE(*parts()), torch.rand(B, *EVENT)
    error = (x - model.reconstruct(x)).square().sum((1, 2, 3))
    torch.testing.assert_close(model.report({"x": x}).scores["squared_error"], error)


@pytest.mark.parametrize("name", TERMS)
def test_terms_by_hand(name: str) -> None:
    model = build(f"model={name}").eval()
    x = binary()["x"]
    terms = model.terms({"x": x})
    assert list(terms) == TERMS[name]
    z = model.encode(x).mean
    torch.testing.assert_close(terms["distortion"], -model.decode(z).log_prob(x))
    torch.testing.assert_close(terms["code_norm"], 0.5 * (z**2).sum(1))
    report = model.report({"x": x})
    assert list(report.costs) == ["distortion"]
    assert torch.equal(report.more["code_norm"], terms["code_norm"])


def test_each_choice_weighs_its_own_terms() -> None:
    for name, terms in TERMS.items():
        assert set(build_plan(config(f"model={name}"), "cpu").weights) == set(terms[1:])


def trained(model: Any, weights: dict[str, float], steps: int) -> Any:
    players = model.players()
    optimizers = {n: torch.optim.Adam(p.parameters(), lr=0.01) for n, p in players.items()}
    game = Game(players, optimizers, Plan(weights=weights), steps)
    for step in range(steps):
        game.play(binary(), 6, step, measure=False)
    return model


def test_without_weights_it_trains_as_the_plain_autoencoder() -> None:
    plain = trained(build("model=ae"), {}, 5)
    own = trained(build("model=rae"), {"code_norm": 0.0, "decoder_weights": 0.0}, 5)
    x = binary()["x"]
    assert torch.equal(plain.reconstruct(x), own.reconstruct(x))


def test_a_heavier_norm_makes_shorter_codes() -> None:
    lengths = []
    for weight in (0.0, 0.1, 10.0):
        weights = {"code_norm": weight, "decoder_weights": 0.0}
        model = trained(build("model=rae"), weights, 100)
        lengths.append(model.encode(binary()["x"]).mean.norm(dim=1).mean().item())
    assert lengths[0] > lengths[1] > lengths[2]


def test_networks_that_regularisers_refuse() -> None:
    with pytest.raises(UserError, match="autoregressive"):
        build("model=rae_gp", "network=pixelcnn")
    with pytest.raises(UserError, match="network=tied"):
        build("model=rae_sn", "network=tied")


def test_no_regulariser() -> None:
    model = build("model=rae")
    plain = AE(model.encoder, model.decoder, model.prior)
    assert list(plain.terms(binary())) == ["distortion"]
