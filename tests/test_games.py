"""One battery over every game in conf/: who is moved by what, in which direction."""

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from aetrain.adversarial.adversary import Adversary
from aetrain.autoencoder import Autoencoder
from aetrain.averaging import NAME as AVERAGED
from aetrain.build import build_model
from aetrain.config.files import groups
from aetrain.errors import UserError
from aetrain.game import Game, Plan
from aetrain.player import Batch
from tests.battery import config
from tests.conftest import few
from tests.test_resume import goes_on

EVENT, B = (1, 8, 8), 12
LOSSES = groups()["adversary"]
UNDER: list[Any] = []
"""The conditions that models are under."""
OWN_LOSS = {"avb", "ebgan", "began"}
"""Games with a loss of their own, which refuse to be given another."""
SMALL = {
    "ali": ["model.hidden=[16]", "model.features=16"],
    "ebgan": ["model.margin=100"],  # no fake is beyond it
    "began": ["model.start=0.5"],  # before the first batch fakes would not count
    "avb": ["model.hidden=[16]", "model.features=16"],
    "deep_hvae": ["model.width=8"],
    "factor_vae": ["model.hidden=[16]"],
    "vaegan": ["model.features=16"],
    "cvae_gan": ["model.features=16"],
    "wae_gan": ["model.hidden=[16]"],
    "aae": ["model.hidden=[16]"],
    "aae_cluster": ["model.hidden=[16]"],
    "aae_labelled": ["model.hidden=[16]"],
    "aae_semi": ["model.hidden=[16]", "model.smoothness=0.5"],
    "caae": ["model.hidden=[16]"],
}


def build(model: str, *options: str) -> Autoencoder:
    """Return a model; a conditional one works under the labels of `batch`."""
    torch.manual_seed(0)
    small = ["network.hidden=[16]", "latent=4", *SMALL.get(model, [])]
    if config(f"model={model}")["conditioning"]:
        small.append("conditioning.classes=10")
    made = build_model(config(f"model={model}", *small, *options), EVENT)
    under = made.conditioned(batch())
    under.__enter__()
    UNDER.append(under)  # it ends with the last reference
    return made


def batch() -> Batch:
    return {"x": torch.rand(B, *EVENT).round(), "y": torch.arange(B) % 10 - 1}


def adversaries(model: Autoencoder) -> list[Adversary]:
    return [module for module in model.modules() if isinstance(module, Adversary)]


def _of_several(model: str) -> bool:
    plain = copy.deepcopy(config(f"model={model}"))  # composed once for all who ask of the model
    if plain["conditioning"]:
        plain["conditioning"]["classes"] = 10
    built = build_model(plain, EVENT)
    for stage in range(len(built.stages)):
        built.position.stage = stage
        if len(built.players()) > 1:
            return True
    return False


GAMES = [model for model in groups()["model"] if _of_several(model)]
ADVERSARIAL = [model for model in GAMES if adversaries(build(model))]
PLAYED = [
    pytest.param(model, loss, id=f"{model}-{loss}")
    for model in ADVERSARIAL
    for loss in LOSSES
    if model not in OWN_LOSS or loss == "non_saturating"
]


WIDE = [model for model in groups()["model"] if "hidden" in config(f"model={model}")["model"]]


def game_of(model: Autoencoder, lr: float = 0.0) -> Game:
    players = model.players()
    optimizers = {n: torch.optim.SGD(p.parameters(), lr=lr) for n, p in players.items()}
    return Game(players, optimizers, Plan(), 100)


def test_games_are_found() -> None:
    assert {"gan", "aae", "factor_vae"} <= set(GAMES)
    assert set(ADVERSARIAL) < set(GAMES)


@pytest.mark.parametrize("model", GAMES)
def test_a_players_backward_reaches_no_parameter_but_its_own(model: str) -> None:
    made = build(model)
    game, data = game_of(made), batch()
    for name, player in made.players().items():
        made.zero_grad(set_to_none=True)
        loss, _ = game._loss(game.terms[name](data), data, B, 0)
        game._backward(loss, name)
        own = set(player.parameters())
        assert all((p.grad is not None) == (p in own) for p in made.parameters()), name


@pytest.mark.parametrize("model", [name for name in GAMES if name != "aae_labelled"])
def test_a_prior_that_knows_the_condition_is_drawn_from(model: str) -> None:
    """It has a distribution for each example; that of `aae_labelled` needs parts."""
    made = build(
        model, "conditioning=concat", "conditioning.classes=10", "prior=conditional_gaussian"
    )
    game, data = game_of(made), batch()
    with made.conditioned(data):
        for name in made.players():
            loss, _ = game._loss(game.terms[name](data), data, B, 0)
            assert loss.isfinite(), name
        assert all(cost.isfinite().all() for cost in made.report(data).costs.values())


@pytest.mark.parametrize("model", sorted(set(ADVERSARIAL) - OWN_LOSS - {"factor_vae"}))
def test_marks_that_all_rise_alike_are_worth_nothing_to_a_wasserstein_critic(model: str) -> None:
    """Else they would rise, or fall, for ever: no penalty on slopes sees a constant."""
    made = build(model, "adversary=wasserstein")
    data = batch()

    def cost() -> float:
        torch.manual_seed(1)
        terms = [p.terms(data) for n, p in made.players().items() if "discriminator" in n]
        parts = [t for ts in terms for k, t in ts.items() if k.endswith(("real", "fake"))]
        assert parts
        return sum(part.mean().item() for part in parts if isinstance(part, Tensor))

    before = cost()
    for adversary in adversaries(made):
        adversary.register_forward_hook(lambda module, given, out: out + 3)
    assert cost() == pytest.approx(before, abs=1e-4)


@contextmanager
def marks(model: Autoencoder) -> Iterator[list[tuple[Adversary, Tensor]]]:
    """Collect all marks that the discriminators give."""
    found: list[tuple[Adversary, Tensor]] = []

    def note(module: Any, given: Any, out: Tensor) -> None:
        found.append((module, out.detach()))

    handles = [adversary.register_forward_hook(note) for adversary in adversaries(model)]
    yield found
    for handle in handles:
        handle.remove()


def marks_of(model: Autoencoder, player: str, data: Batch) -> dict[Adversary, Tensor]:
    torch.manual_seed(1)
    with marks(model) as found:
        model.players()[player].terms(data)
    return dict(reversed(found))  # the first: a penalty's come later


def step(model: Autoencoder, player: str, term: str, data: Batch, lr: float) -> None:
    """Let one player move once, by one term alone."""
    torch.manual_seed(1)
    mover = model.players()[player]
    cost = mover.terms(data)[term]
    assert isinstance(cost, Tensor)
    own = list(mover.parameters())
    gradients = torch.autograd.grad(cost.mean(), own, allow_unused=True)
    with torch.no_grad():
        for p, g in zip(own, gradients, strict=True):
            if g is not None:
                p -= lr * g


def movers(model: Autoencoder, term: str, data: Batch) -> list[str]:
    with torch.no_grad():
        terms = {name: player.terms(data) for name, player in model.players().items()}
    return [name for name, own in terms.items() if any(k.endswith(term) for k in own)]


@pytest.mark.parametrize(("model", "loss"), PLAYED)
def test_a_step_of_who_makes_fakes_raises_their_marks(model: str, loss: str) -> None:
    made, data = build(model, f"adversary={loss}").double(), batch()
    data["x"] = data["x"].double()
    names = movers(made, "adversarial", data)
    assert names
    for name in names:
        for adversary, given in marks_of(made, name, data).items():
            state = {key: value.clone() for key, value in made.state_dict().items()}
            step(made, name, f"{adversary.prefix}adversarial", data, 1e-4)
            assert marks_of(made, name, data)[adversary].mean() > given.mean(), name
            made.load_state_dict(state)


@pytest.mark.parametrize(("model", "loss"), PLAYED)
def test_a_step_of_the_discriminator_moves_each_mark_its_way(model: str, loss: str) -> None:
    """Marks come as those of all that is real, and then of all that is fake."""
    made, data = build(model, f"adversary={loss}").double(), batch()
    data["x"] = data["x"].double()
    names = movers(made, "accuracy_real", data)
    assert names
    for name in names:
        for adversary, given in marks_of(made, name, data).items():
            state = {key: value.clone() for key, value in made.state_dict().items()}
            step(made, name, f"{adversary.prefix}real", data, 1e-4)
            assert (marks_of(made, name, data)[adversary] - given)[:B].mean() > 0, name
            made.load_state_dict(state)
            step(made, name, f"{adversary.prefix}fake", data, 1e-4)
            moved = (marks_of(made, name, data)[adversary] - given)[B:]
            # least squares want 0 of them, from either side; all other losses less and less
            towards = given[B:] if loss == "least_squares" else torch.ones_like(given[B:])
            assert (moved * towards).mean() < 0, name
            made.load_state_dict(state)


@pytest.mark.parametrize("model", sorted(OWN_LOSS))
def test_a_loss_that_would_not_be_used_is_refused(model: str) -> None:
    with pytest.raises(UserError, match=f"adversary: model={model} has its own"):
        build(model, "adversary=hinge")


@pytest.mark.parametrize("model", sorted(set(groups()["model"]) - set(ADVERSARIAL)))
def test_a_model_without_a_discriminator_takes_no_loss_of_one(model: str) -> None:
    with pytest.raises(UserError, match=r"^adversary: is of games.* use adversary=non_saturating"):
        build(model, "adversary=hinge")


@pytest.mark.parametrize(
    "option", ["adversary.r1=1", "adversary.updates=2", "adversary.loss.smoothing=0.1"]
)
def test_nor_any_option_of_one(option: str) -> None:
    with pytest.raises(UserError, match=r"^adversary: is of games"):
        build("vae", option)
    build("vae", "adversary=non_saturating")  # what all have by default


STEADIED = ["adversary.r1=1", "adversary.gradient_penalty=1", "adversary.noise=0.1"]


@pytest.mark.parametrize("model", GAMES)
def test_what_is_logged_of_a_game(model: str) -> None:
    # a discriminator that is no `adversary` takes no options of one, and has no such costs
    made = build(model, *(STEADIED if model in ADVERSARIAL else []))
    game = game_of(made)
    costs = game.play(batch(), B, 0, measure=True)
    for name in made.players():
        assert f"{name}_loss" in costs
        assert costs[f"{name}_gradient_norm"] > 0
    for adversary in adversaries(made):
        for term in ("real", "fake", "accuracy_real", "accuracy_fake", "adversarial", "r1"):
            assert math.isfinite(costs[f"{adversary.prefix}{term}"].item())
    told = [name for name in costs if name.endswith(("accuracy_real", "accuracy_fake"))]
    assert len(told) == 2 * max(1, len(adversaries(made)))
    for name in told:
        assert 0 <= costs[name] <= 1
        assert game.weight(name, 0) == 0
    assert any(player.outcomes for player in made.players().values())  # the referee is told
    # without an encoder there are no codes that could be near the prior or far from it
    report = made.eval().report(batch())
    assert ("code_mmd" in report.more) == made.encodes


@pytest.mark.parametrize("model", WIDE)
def test_a_layer_of_no_width_is_refused(model: str) -> None:
    """Behind it a discriminator would say the same of all."""
    with pytest.raises(UserError, match=r"^model\.hidden=\[8, 0\]: widths must be at least 1$"):
        build(model, "model.hidden=[8,0]")


@pytest.mark.parametrize("model", ADVERSARIAL)
def test_layers_of_discriminators_stretch_nothing_where_asked(model: str) -> None:
    made = build(model, "adversary.spectral_norm=true")
    game = game_of(made, lr=0.01)
    for number in range(20):
        game.play(batch(), B, number, measure=False)
    made.eval()
    for adversary in adversaries(made):
        layers = [m for m in adversary.modules() if isinstance(m, nn.Linear)]
        norms = [torch.linalg.matrix_norm(m.weight, 2).item() for m in layers]
        assert norms == pytest.approx([1.0] * len(layers), abs=0.02)


@pytest.mark.parametrize("model", ADVERSARIAL)
def test_who_makes_fakes_moves_in_every_so_manieth_batch(model: str) -> None:
    made = build(model, "adversary.updates=3")
    game, names = game_of(made, lr=0.01), movers(made, "adversarial", batch())
    for number in range(6):
        costs = game.play(batch(), B, number, measure=False)
        for name in made.players():
            moved = f"{name}_loss" in costs
            assert moved == (name not in names or number % 3 == 2), (number, name)


STEADY = [
    *("adversary.noise=0.5", "adversary.r1=1", "adversary.gradient_penalty=1"),
    *("adversary.spectral_norm=true", "adversary.updates=3", "trainer.ema_decay=0.9"),
]


@pytest.mark.parametrize("model", few(ADVERSARIAL, ["gan"]))
def test_a_game_with_all_that_steadies_it_goes_on_bit_for_bit(model: str, here: Path) -> None:
    """It is stopped after four of six batches, of which every third moves who makes fakes."""
    goes_on([*STEADY, f"model={model}", *SMALL.get(model, [])])
    last = torch.load("straight/checkpoints/last.ckpt", weights_only=True)["state_dict"]
    for steady in ("noise_left", AVERAGED, "weight.0._u"):
        assert any(steady in name for name in last), steady
