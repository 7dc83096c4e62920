"""The Wasserstein autoencoder: for point codes, and for priors that can only be sampled."""

import pytest
import torch

from aetrain.build import build_model
from aetrain.distributions.delta import Delta
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.game import Game
from aetrain.objectives.kernels import imq
from aetrain.objectives.mmd import mmd
from aetrain.objectives.wae import wae
from aetrain.planning import build_plan
from tests.battery import config
from tests.objectives.toy import pass_of, terms_of

B, D = 6, 3


def test_terms_of_point_codes() -> None:
    torch.manual_seed(0)
    q = Delta(torch.randn(B, D), 1)
    inference = pass_of(q, StandardNormal(torch.zeros(D), 1))
    torch.manual_seed(1)
    found = terms_of(wae, inference)
    torch.manual_seed(1)
    draws = torch.randn(1, B, D)
    assert list(found) == ["distortion", "mmd"]
    torch.testing.assert_close(found["mmd"], mmd(inference.z, draws, imq))


@pytest.mark.parametrize("prior", ["standard_normal", "uniform", "swiss_roll"])
def test_codes_come_to_lie_as_the_prior_does(prior: str) -> None:
    """model=ae objective=wae, trained for the discrepancy alone."""
    chosen = config(
        *("model=ae", "objective=wae", f"prior={prior}", "latent=2", "network.hidden=[16]"),
        *("+objective.weights.distortion=0", "optimizer.lr=0.01"),
    )
    torch.manual_seed(0)
    model, plan = build_model(chosen, (1, 8, 8)), build_plan(chosen, "cpu")
    players = model.players()
    optimizers = {name: plan.optimizer(p.parameters()) for name, p in players.items()}
    game = Game(players, optimizers, plan, 100)
    x = torch.rand(400, 1, 8, 8)

    def apart() -> float:
        with torch.no_grad():
            z, y = model.encode(x).mean[None], model.codes().sample((1, len(x)))
            return mmd(z, y, imq).item()

    before = apart()
    for step in range(100):
        game.play({"x": x[torch.randperm(len(x))[:100]]}, 100, step, measure=False)
    assert before > 0.1
    assert apart() < 0.1 * before


def test_the_rbf_kernel_by_config() -> None:
    chosen = config("objective=wae", "objective.kernel._target_=aetrain.objectives.kernels.rbf")
    model = build_model(chosen, (1, 8, 8))
    with torch.no_grad():
        terms = model.players()["model"].terms({"x": torch.rand(B, 1, 8, 8).round()})
    assert list(terms) == ["distortion", "mmd"]
