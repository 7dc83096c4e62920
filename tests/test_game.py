"""The step of a game, against the same arithmetic written out with torch."""

import copy
import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from aetrain import schedules
from aetrain.game import Game, Plan
from aetrain.objectives.terms import Terms, Weighted
from aetrain.planning import build_plan
from aetrain.player import Batch, Player
from tests.battery import Case, cases

N = 8


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture
def batch() -> Batch:
    return {"x": torch.randn(N, 3)}


class Pair(nn.Module):
    """A maker that wants high marks and a critic that wants to mark well."""

    def __init__(self) -> None:
        super().__init__()
        self.maker, self.critic = nn.Linear(3, 2), nn.Linear(2, 1)

    def marks(self, batch: Batch) -> Tensor:
        return self.critic(self.maker(batch["x"])).squeeze(1)

    def made(self, batch: Batch) -> Terms:
        return {"adversarial": -self.marks(batch), "size": self.maker(batch["x"]).square().sum(1)}

    def marked(self, batch: Batch) -> Terms:
        return {"criticism": (self.marks(batch) - batch["x"].sum(1)).square()}

    def players(self) -> dict[str, Player]:
        return {
            "maker": Player([self.maker], self.made),
            "critic": Player([self.critic], self.marked),
        }


def game_of(
    players: Mapping[str, Player], plan: Plan | None = None, lr: Any = 0.1, **options: Any
) -> Game:
    rates = lr if isinstance(lr, dict) else dict.fromkeys(players, lr)
    optimizers = {n: torch.optim.SGD(p.parameters(), lr=rates[n]) for n, p in players.items()}
    return Game(players, optimizers, plan or Plan(), options.pop("total_steps", 100), **options)


def solo(terms: Any, *modules: nn.Module) -> dict[str, Player]:
    return {"model": Player(modules, terms)}


def total(terms: Terms) -> Tensor:
    """Return the sum of the means of terms that are all (B,)."""
    costs = [term.mean() for term in terms.values() if isinstance(term, Tensor)]
    return torch.stack(costs).sum()


def values(module: nn.Module) -> list[Tensor]:
    return [p.detach().clone() for p in module.parameters()]


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


# --- who is moved by what ---


@pytest.mark.parametrize("mover", ["maker", "critic"])
def test_a_players_costs_reach_its_own_modules_only(mover: str, batch: Batch) -> None:
    pair = Pair()
    own = list(getattr(pair, mover).parameters())
    expected = torch.autograd.grad(total(pair.players()[mover].terms(batch)), own)
    before = values(pair)
    game = game_of({mover: pair.players()[mover], "idle": Player([nn.Linear(1, 1)], _nothing)})
    game.play(batch, N, 0, measure=True)
    for name, p, old in zip(dict(pair.named_parameters()), pair.parameters(), before, strict=True):
        if name.startswith(mover):
            gradient = expected[[id(q) for q in own].index(id(p))]
            torch.testing.assert_close(p.grad, gradient)
            torch.testing.assert_close(p.detach(), old - 0.1 * gradient)
        else:
            assert p.grad is None
            assert torch.equal(p, old)


def _nothing(batch: Batch) -> Terms:
    return {"nothing": batch["x"].sum(1) * torch.ones((), requires_grad=True)}


def test_players_move_in_their_order_and_see_one_another_moved(batch: Batch) -> None:
    pair, expected = Pair(), Pair()
    expected.load_state_dict(pair.state_dict())
    game_of(pair.players(), lr={"maker": 0.1, "critic": 0.03}).play(batch, N, 0, measure=False)
    for name, lr in [("maker", 0.1), ("critic", 0.03)]:
        own = list(getattr(expected, name).parameters())
        gradients = torch.autograd.grad(total(expected.players()[name].terms(batch)), own)
        with torch.no_grad():
            for parameter, gradient in zip(own, gradients, strict=True):
                parameter -= lr * gradient
    for one, other in zip(values(pair), values(expected), strict=True):
        torch.testing.assert_close(one, other)


def test_each_player_keeps_its_own_gradients(batch: Batch) -> None:
    """A later player's backward pass leaves an earlier one's gradients alone."""
    pair = Pair()
    still = game_of(pair.players(), lr=0.0)
    still.play(batch, N, 0, measure=False)
    still.play(batch, N, 1, measure=False)
    for name, player in pair.players().items():
        own = list(player.parameters())
        gradients = torch.autograd.grad(total(player.terms(batch)), own)
        for parameter, gradient in zip(own, gradients, strict=True):
            torch.testing.assert_close(parameter.grad, gradient, msg=name)


def test_a_player_need_not_use_all_its_parameters(batch: Batch) -> None:
    pair, spare = Pair(), nn.Linear(2, 2)
    before = values(spare)
    players = pair.players()
    players["maker"] = Player([pair.maker, spare], pair.made)
    game_of(players).play(batch, N, 0, measure=True)
    assert same(values(spare), before)


def test_frozen_parameters_stay(batch: Batch) -> None:
    pair = Pair()
    pair.critic.requires_grad_(False)
    before = values(pair.critic)
    game_of(solo(pair.made, pair)).play(batch, N, 0, measure=True)
    assert same(values(pair.critic), before)
    assert pair.critic.weight.grad is None


# --- the loss ---


def test_what_is_returned_with_one_player(batch: Batch) -> None:
    pair = Pair()
    expected = {name: term.mean() for name, term in pair.made(batch).items()}  # pyright: ignore
    plan = Plan(weights={"size": 0.5})
    costs = game_of(solo(pair.made, pair), plan).play(batch, N, 0, measure=True)
    assert costs.keys() == {"adversarial", "size", "loss", "model_gradient_norm"}
    for name, cost in expected.items():
        torch.testing.assert_close(costs[name], cost.detach())
    torch.testing.assert_close(costs["loss"], costs["adversarial"] + 0.5 * costs["size"])
    assert all(cost.dim() == 0 and not cost.requires_grad for cost in costs.values())


def test_what_is_returned_with_two(batch: Batch) -> None:
    costs = game_of(Pair().players()).play(batch, N, 0, measure=True)
    assert costs.keys() == {
        *("adversarial", "size", "criticism", "maker_loss", "critic_loss"),
        *("maker_gradient_norm", "critic_gradient_norm"),
    }


def test_one_players_loss_by_hand() -> None:
    """x = 1, 2; a single weight w = 3; cost (w x)², weight 2: loss 45, gradient 2·2·w·2.5."""
    layer = nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(3.0)
    players = solo(lambda batch: {"cost": layer(batch["x"]).square().squeeze(1)}, layer)
    batch = {"x": torch.tensor([[1.0], [2.0]])}
    costs = game_of(players, Plan(weights={"cost": 2.0})).play(batch, 2, 0, measure=True)
    assert costs["cost"] == 22.5
    assert costs["loss"] == 45
    assert costs["model_gradient_norm"] == 30
    torch.testing.assert_close(layer.weight, torch.tensor([[0.0]]))


def test_weights_and_schedules(batch: Batch) -> None:
    pair = Pair()
    plan = Plan(weights={"size": 0.25, "adversarial": partial(schedules.linear, warmup=4)})
    game = game_of(solo(pair.made, pair), plan)
    for step in range(6):
        terms = pair.made(batch)
        rise = min(1.0, (step + 1) / 4)
        own = list(pair.parameters())
        loss = rise * terms["adversarial"].mean() + 0.25 * terms["size"].mean()  # pyright: ignore
        gradients = torch.autograd.grad(loss, own)
        costs = game.play(batch, N, step, measure=False)
        torch.testing.assert_close(costs["loss"], loss.detach())
        for parameter, gradient in zip(own, gradients, strict=True):
            torch.testing.assert_close(parameter.grad, gradient)
        assert game.weight("adversarial", step) == rise
        assert game.weight("size", step) == 0.25
        assert game.weight("another", step) == 1


def test_a_weight_knows_the_length_of_the_run() -> None:
    game = game_of(Pair().players(), Plan(weights={"size": schedules.cosine}), total_steps=40)
    assert game.weight("size", 20) == pytest.approx(0.5)


def test_zero_weight(batch: Batch) -> None:
    pair, other = Pair(), Pair()
    other.load_state_dict(pair.state_dict())
    costs = game_of(solo(pair.made, pair), Plan(weights={"size": 0.0})).play(batch, N, 0, False)
    alone = game_of(solo(lambda b: {"adversarial": -other.marks(b)}, other))
    alone.play(batch, N, 0, measure=False)
    for one, two in zip(values(pair), values(other), strict=True):
        torch.testing.assert_close(one, two)
    # what weighs nothing is still said, at weight 1
    assert costs["size"] > 0
    assert costs["loss"] == costs["adversarial"]


def test_examples_may_weigh_differently(batch: Batch) -> None:
    pair = Pair()
    weight, mask = torch.rand(N), (torch.arange(N) < 5).float()

    def terms(batch: Batch) -> Terms:
        marks = pair.marks(batch)
        return {"plain": marks, "masked": Weighted(marks, mask), "scalar": marks.sum()}

    with torch.no_grad():
        marks = pair.marks(batch)
    costs = game_of(solo(terms, pair)).play({**batch, "weight": weight}, N, 0, measure=False)
    torch.testing.assert_close(costs["plain"], (marks * weight).sum() / weight.sum())
    both = weight * mask
    torch.testing.assert_close(costs["masked"], (marks * both).sum() / both.sum())
    torch.testing.assert_close(costs["scalar"], marks.sum())


def test_a_part_of_a_batch_counts_as_a_part(batch: Batch) -> None:
    """`examples` is the whole batch's number: other processes have the rest."""
    pair = Pair()
    expected = torch.autograd.grad(total(pair.made(batch)) / 4, pair.maker.weight)
    game_of(solo(pair.made, pair), lr=0.0).play(batch, 4 * N, 0, measure=False)
    torch.testing.assert_close(pair.maker.weight.grad, expected[0])


# --- gradients on their way ---


@pytest.mark.parametrize("algorithm", ["norm", "value"])
@pytest.mark.parametrize("clip", [0.0, 0.05, 1e6])
@pytest.mark.parametrize("measure", [True, False])
def test_clipping_is_torchs_own(algorithm: str, clip: float, measure: bool, batch: Batch) -> None:
    pair, other = Pair(), Pair()
    other.load_state_dict(pair.state_dict())
    plan = Plan(clip=clip, clip_algorithm=algorithm)
    costs = game_of(pair.players(), plan, lr=0.0).play(batch, N, 0, measure)
    for name, player in other.players().items():
        own = list(player.parameters())
        total(player.terms(batch)).backward(inputs=own)
        norm = torch.stack([p.grad.norm() for p in own if p.grad is not None]).norm()
        if clip:
            how = {"norm": nn.utils.clip_grad_norm_, "value": nn.utils.clip_grad_value_}
            how[algorithm](own, clip)
        if measure:
            torch.testing.assert_close(costs[f"{name}_gradient_norm"], norm)
        for one, two in zip(pair.players()[name].parameters(), own, strict=True):
            torch.testing.assert_close(one.grad, two.grad)


def test_a_scaler_changes_nothing_but_the_scale(batch: Batch) -> None:
    pair, other = Pair(), Pair()
    other.load_state_dict(pair.state_dict())
    plan = Plan(clip=0.5)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for step in range(3):
        scaled = game_of(pair.players(), plan, scaler=scaler).play(batch, N, step, measure=True)
        plain = game_of(other.players(), plan).play(batch, N, step, measure=True)
        assert scaled.keys() == plain.keys()
        for name, cost in plain.items():
            torch.testing.assert_close(scaled[name], cost)
    for one, two in zip(values(pair), values(other), strict=True):
        torch.testing.assert_close(one, two)


def test_a_scaler_skips_a_step_that_overflowed(batch: Batch) -> None:
    pair = Pair()
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    game = game_of(pair.players(), scaler=scaler)
    before = values(pair)
    game.play({"x": torch.full((N, 3), 1e37)}, N, 0, measure=False)
    assert same(values(pair), before)
    assert scaler.get_scale() == 512
    game.play(batch, N, 1, measure=False)
    assert not same(values(pair), before)


# --- half precision ---


def _autocast_steps(pair: Pair, batch: Batch, shared: bool) -> None:
    game = game_of(pair.players(), lr=0.3)
    if shared:
        with torch.autocast("cpu", torch.bfloat16):
            for step in range(3):
                game.play(batch, N, step, measure=False)
    else:
        for step in range(3):
            with torch.autocast("cpu", torch.bfloat16):
                game.play(batch, N, step, measure=False)


def test_steps_in_one_autocast_context_use_fresh_weights(batch: Batch) -> None:
    """autocast keeps its copies of the weights until its context is left."""
    pair = Pair()
    other = copy.deepcopy(pair)
    _autocast_steps(pair, batch, shared=True)
    _autocast_steps(other, batch, shared=False)
    assert same(values(pair), values(other))


def test_the_test_before_would_notice(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair()
    other = copy.deepcopy(pair)
    _autocast_steps(other, batch, shared=False)
    monkeypatch.setattr(torch, "clear_autocast_cache", lambda: None)
    _autocast_steps(pair, batch, shared=True)
    torch.clear_autocast_cache()
    assert not same(values(pair), values(other))


# --- optimizers ---

FUSED = [c for c in cases("optimizer") if c.values[0].choice in ("adam", "adamw", "sgd")]


@pytest.mark.parametrize("case", FUSED)
def test_fused_and_unfused_agree(case: Case, batch: Batch) -> None:
    pair = Pair()
    other = copy.deepcopy(pair)
    plan = build_plan(case.config, "cpu")
    unfused = {**case.config, "optimizer": {**case.config["optimizer"], "fused": False}}
    for module, own in [(pair, plan), (other, build_plan(unfused, "cpu"))]:
        players = module.players()
        optimizers = {n: own.optimizer(p.parameters()) for n, p in players.items()}
        assert all(bool(o.defaults["fused"]) is (module is pair) for o in optimizers.values())
        game = Game(players, optimizers, own, 20)
        for step in range(20):
            game.play(batch, N, step, measure=False)
    for one, two in zip(values(pair), values(other), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("case", cases("optimizer"))
def test_every_optimizer_is_torchs_own(case: Case, batch: Batch) -> None:
    pair = Pair()
    other = copy.deepcopy(pair)
    options = {k: v for k, v in case.config["optimizer"].items() if not k.startswith("_")}
    theirs = getattr(torch.optim, case.config["optimizer"]["_target_"].rpartition(".")[2])
    optimizer = theirs(other.parameters(), **options)
    plan = build_plan(case.config, "cpu")
    game = Game(solo(pair.made, pair), {"model": plan.optimizer(pair.parameters())}, Plan(), 5)
    for step in range(5):
        game.play(batch, N, step, measure=False)
        optimizer.zero_grad()
        total(other.made(batch)).backward()
        optimizer.step()
    for one, two in zip(values(pair), values(other), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("case", cases("schedule"))
def test_the_learning_rate_follows_its_schedule(case: Case, batch: Batch) -> None:
    pair = Pair()
    plan = build_plan(case.config, "cpu")
    rates = {"maker": 0.1, "critic": 0.02}
    game = game_of(pair.players(), plan, lr=rates, total_steps=8)
    for step in range(8):
        before = values(pair.critic)
        game.play(batch, N, step, measure=False)
        multiplier = plan.schedule(step, 8)
        assert game.rate_multiplier(step) == multiplier
        for name, optimizer in game.optimizers.items():
            (group,) = optimizer.param_groups
            assert group["lr"] == pytest.approx(rates[name] * multiplier, rel=1e-12)
        weight = pair.critic.weight
        assert weight.grad is not None
        torch.testing.assert_close(
            weight.detach(), before[0] - 0.02 * multiplier * weight.grad, rtol=1e-5, atol=1e-6
        )


def test_the_learning_rate_by_formula(batch: Batch) -> None:
    plan = Plan(schedule=partial(schedules.cosine, warmup=2, final=0.1))
    game = game_of(Pair().players(), plan, lr=0.4, total_steps=12)
    rates: list[float] = []
    for step in range(12):
        game.play(batch, N, step, measure=False)
        rates.append(game.optimizers["maker"].param_groups[0]["lr"])
    fall = [0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * i / 10)) for i in range(10)]
    assert rates == pytest.approx([0.2, 0.4, *(0.4 * f for f in fall)])


def test_the_schedule_goes_on_where_a_resumed_run_stands(batch: Batch) -> None:
    plan = Plan(schedule=partial(schedules.linear, warmup=10))
    first = game_of(Pair().players(), plan, lr=0.4)
    first.play(batch, N, 3, measure=False)
    again = game_of(Pair().players(), plan, lr=0.4)
    for name, optimizer in again.optimizers.items():
        optimizer.load_state_dict(first.optimizers[name].state_dict())
    again.play(batch, N, 4, measure=False)
    assert again.optimizers["maker"].param_groups[0]["lr"] == pytest.approx(0.4 * 0.5)


def test_the_terms_are_compiled_where_asked(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []

    def fake(terms: Any) -> Any:
        compiled.append(terms)
        return terms

    monkeypatch.setattr(torch, "compile", fake)
    pair = Pair()
    game_of(pair.players()).play(batch, N, 0, measure=False)
    assert compiled == []
    game_of(pair.players(), Plan(compile=True)).play(batch, N, 0, measure=False)
    assert compiled == [pair.made, pair.marked]
