"""Two players with a bound each: what each is moved by, and by nothing else."""

import pytest
import torch
from torch import Tensor

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.game import Game
from aetrain.models.vae import VAE
from aetrain.objectives.iwae import iwae
from aetrain.objectives.miwae import miwae
from aetrain.planning import build_plan
from tests.battery import config

EVENT, B, M, K = (1, 4, 4), 5, 2, 3
CHOICES = ("objective=piwae", f"samples={M * K}", f"objective.groups={M}", "network.hidden=[8]")


def model(*more: str) -> VAE:
    torch.manual_seed(0)
    built = build_model(config(*CHOICES, "latent=3", *more), EVENT)
    assert isinstance(built, VAE)
    return built


def batch() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {"x": torch.rand(B, *EVENT).round()}


def test_each_part_has_its_own_bound() -> None:
    made, data = model("prior=vamp", "prior.components=7"), batch()
    players = made.players()
    own = {"decoder": [*made.decoder.parameters(), *made.prior.parameters()]}
    own["encoder"] = list(made.encoder.parameters())
    assert {name: list(p.parameters()) for name, p in players.items()} == own
    for name, objective in {
        "decoder": iwae,
        "encoder": lambda inference: miwae(inference, groups=M),
    }.items():
        torch.manual_seed(2)
        found = players[name].terms(data)
        torch.manual_seed(2)
        expected = objective(made.infer(data))
        assert found.keys() == expected.keys()
        for key, term in found.items():
            assert torch.equal(term, expected[key])


@pytest.mark.parametrize("mover", ["decoder", "encoder"])
def test_players_never_touch_one_another(mover: str) -> None:
    made, data = model(), batch()
    players = made.players()
    plan = build_plan(config(*CHOICES), "cpu")
    optimizer = plan.optimizer(players[mover].parameters())
    before = {name: p.detach().clone() for name, p in made.named_parameters()}
    costs = Game({**players}, {mover: optimizer}, plan, 10).play(data, B, 0, measure=True)
    assert costs[f"{mover}_loss"].isfinite()
    for name, parameter in made.named_parameters():
        if name.startswith(mover):
            assert parameter.grad is not None
            assert not torch.equal(parameter, before[name]), name
        else:
            assert parameter.grad is None
            assert torch.equal(parameter, before[name]), name


def test_the_log_shows_both_bounds_and_the_elbo() -> None:
    made, plan = model(), build_plan(config(*CHOICES), "cpu")
    players = made.players()
    optimizers = {name: plan.optimizer(p.parameters()) for name, p in players.items()}
    costs = Game(players, optimizers, plan, 10).play(batch(), B, 0, measure=False)
    assert {"iwae", "miwae", "distortion", "rate"} <= costs.keys()
    torch.testing.assert_close(costs["decoder_loss"], costs["iwae"])
    torch.testing.assert_close(costs["encoder_loss"], costs["miwae"])


def test_shared_weights_are_refused() -> None:
    with pytest.raises(UserError, match="share weights: use network=mlp, or objective=miwae"):
        model("network=tied")
