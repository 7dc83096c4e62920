"""Every choice computes in every precision: two batches each, with costs near those in float32."""

import functools
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import aetrain
from aetrain.agreement import likelihood_support
from aetrain.autoencoder import Autoencoder
from aetrain.build import build_model
from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.game import Game
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.networks.mlp import MLP
from aetrain.planning import build_plan
from aetrain.precision import data_type, in_precision, of_lightning
from tests.battery import Case, cases, config, draw
from tests.conftest import TINY

B, EVENT = 8, (1, 6, 6)
GROUPS = ("model", "likelihood", "posterior", "prior", "network", "optimizer")
MEMBERS = [case for case in cases(*GROUPS) if not case.values[0].options]
PARTNERS: tuple[tuple[str, str, int], ...] = (
    ("model", "vae", 4),
    ("prior", "hypersphere", 4),
    ("prior", "wrapped_normal", 4),
    ("prior", "categorical", 4),
    ("prior", "bernoulli", 4),
    ("posterior", "von_mises_fisher", 4),
    ("posterior", "wrapped_normal", 4),
    ("posterior", "gumbel_softmax", 4),
    ("posterior", "bernoulli", 4),
    ("model", "ae", 4),
    ("model", "ae", 2),
    ("model", "aae", 4),
)
"""Another choice and the latent size; what a choice is built with is the first that it fits."""
SMALL = ("network.hidden=[8]", "trainer.gradient_clip_val=1.0")


def built(case: Case) -> tuple[dict[str, Any], Autoencoder]:
    """Return the configuration of a choice with a partner, and its model in float32."""
    refusal = None
    for group, choice, latent in PARTNERS:
        model = case.choice if case.group == "model" else choice if group == "model" else "vae"
        chosen = {**config(*SMALL, f"model={model}"), "latent": latent}
        if group not in ("model", case.group):
            chosen[group] = config(f"{group}={choice}")[group]
        chosen[case.group] = case.config[case.group]
        if chosen["optimizer"].get("eps"):
            chosen["optimizer"] = {**chosen["optimizer"], "eps": 1e-4}
        try:
            torch.manual_seed(0)
            return chosen, build_model(chosen, EVENT)
        except UserError as error:
            refusal = error
    raise AssertionError(f"{case} goes with none of the partners: {refusal}")


class Examples:
    """As much of a data module as `Autoencoder.prepare` asks for."""

    def __init__(self, x: Tensor) -> None:
        self.x = x

    def examples(self, n: int, device: torch.device) -> Tensor:
        return self.x[:n]


def losses(chosen: dict[str, Any], model: Autoencoder, mixed: bool = False) -> list[float]:
    """Return the loss of each of two batches that the model is trained with."""
    torch.manual_seed(1)
    support = likelihood_support(chosen)
    x = torch.poisson(torch.full((B, *EVENT), 3.0)) if support.counts else draw(support, B, *EVENT)
    x = x.to(model.dtype)
    model.prepare(Examples(x))  # pyright: ignore[reportArgumentType]
    players, plan = model.players(), build_plan(chosen, "cpu")
    optimizers = {name: plan.optimizer(p.parameters()) for name, p in players.items()}
    game, found = Game(players, optimizers, plan, total_steps=2), []
    for step in range(2):
        torch.manual_seed(step)
        batch = {"x": x, "y": torch.arange(B) % 2}
        mixing = torch.autocast("cpu", torch.bfloat16) if mixed else nullcontext()
        with mixing, model.conditioned(batch):
            found.append(game.play(batch, B, step, measure=True))
    assert all(cost.isfinite() for each in found for cost in each.values())
    assert all(p.isfinite().all() for p in model.parameters())
    # of the first player, which is the whole model where it is alone
    name = next(name for name in found[0] if name.endswith("loss"))
    return [each[name].item() for each in found]


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true", "16-true"])
@pytest.mark.parametrize("case", MEMBERS)
def test_losses_are_those_of_float32(case: Case, precision: str) -> None:
    chosen, model = built(case)
    half = in_precision(built(case)[1], precision)
    found = losses(chosen, half, mixed=precision == "bf16-mixed")
    assert found == pytest.approx(losses(chosen, model), rel=0.02, abs=0.1)


@pytest.mark.parametrize(
    ("precision", "of_network", "of_family"),
    [
        ("32-true", torch.float32, torch.float32),
        ("bf16-mixed", torch.float32, torch.float32),
        ("64-true", torch.float64, torch.float64),
        ("bf16-true", torch.bfloat16, torch.float32),
        ("16-true", torch.float16, torch.float32),
    ],
)
def test_types(precision: str, of_network: torch.dtype, of_family: torch.dtype) -> None:
    chosen = config(*SMALL, "likelihood=gaussian", "likelihood.sigma=optimal", "prior=vamp")
    model = in_precision(build_model(chosen, EVENT), precision)
    assert model.dtype == data_type(precision) == of_family
    networks = [m.network for m in model.modules() if isinstance(m, Conditional)]
    assert len(networks) == 2
    assert {p.dtype for network in networks for p in network.parameters()} == {of_network}
    inside = {name for network in networks for name in network.parameters()}
    others = [t for t in [*model.parameters(), *model.buffers()] if all(t is not p for p in inside)]
    assert len(others) >= 3  # pseudo-inputs, σ, zeros
    assert {t.dtype for t in others} == {of_family}


def test_an_average_over_steps_moves_in_half_precision() -> None:
    """By a hundredth of the way at each step, which is less than bfloat16 can tell apart."""
    family = Gaussian(EVENT, sigma="optimal")
    assert family.optimal is not None
    kept = family.optimal.kept.fill_(1.004)
    decoder = Conditional(functools.partial(MLP, hidden=[8]), family, [(4,)])
    decoder.lower(torch.bfloat16)
    z = torch.randn(B, 4)
    for _ in range(10):
        decoder(z).log_prob(decoder(z).mean + 1)  # errors of 1
    assert kept.item() == pytest.approx(1 + 0.004 * 0.99**10, abs=1e-6)


def test_lightning_converts_nothing_but_to_doubles() -> None:
    names = ["32-true", "bf16-mixed", "16-mixed", "64-true", "bf16-true", "16-true"]
    assert [of_lightning(name) for name in names] == [*names[:4], "32-true", "32-true"]


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "adamax", "rmsprop"])
def test_an_epsilon_that_is_zero_is_refused(here: Path, optimizer: str) -> None:
    job = [*TINY, "trainer.precision=16-true", f"optimizer={optimizer}", "run.dir=a"]
    with pytest.raises(UserError, match=r"set optimizer.eps=1e-4, or use trainer.precision=bf16"):
        aetrain.train(job)
    assert not Path("a").exists()


def test_a_larger_epsilon_trains_in_half_precision(here: Path) -> None:
    job = [*TINY, "trainer.precision=16-true", "optimizer.eps=1e-4"]
    whole = aetrain.train([*TINY, "optimizer.eps=1e-4"])
    assert aetrain.train(job)["test/nll"] == pytest.approx(whole["test/nll"], rel=0.02)


@pytest.mark.parametrize("precision", ["bf16-true", "bf16-mixed"])
def test_a_run_is_continued_and_loaded(here: Path, precision: str) -> None:
    job = [*TINY, f"trainer.precision={precision}", "callbacks=default", "prior=vamp"]
    job += ["prior.components=5", "likelihood=gaussian", "likelihood.sigma=optimal"]
    whole = aetrain.train([*job, "run.dir=a"])
    aetrain.train([*job, "run.dir=b", "trainer.max_epochs=1"])
    parts = aetrain.train(["resume=b", "trainer.max_epochs=2"])
    assert parts["test/elbo"] == whole["test/elbo"]
    assert Path("a/figures/latent_grid.png").is_file()
    trained = aetrain.load("a")
    assert trained.log_prob(torch.rand(3, 1, 8, 8)).dtype == torch.float32
    assert trained.sample(2).shape == (2, 1, 8, 8)
