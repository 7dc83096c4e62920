"""One battery over every model in conf/: what the rest of the program relies on."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from aetrain.autoencoder import Autoencoder
from aetrain.build import build_model, build_plan
from aetrain.config.files import groups
from aetrain.game import Game, Plan
from aetrain.objectives.terms import Weighted
from aetrain.player import Player
from tests.battery import Case, cases, config

B, S, LATENT = 4, 3, 6
EVENTS = {"mlp": [(1, 8, 8), (1, 28, 20), (5,)], "conv": [(1, 8, 8), (3, 7, 13), (1, 28, 20)]}
PLACES = [
    (network, event)
    for network in groups()["network"]
    for event in EVENTS.get(network, [(1, 8, 8)])
]
MODELS = cases("model")

every_model = pytest.mark.parametrize("case", MODELS)
REFUSED = {("rae_gp", "pixelcnn"), ("rae_sn", "tied")}
"""Models and networks that do not go together."""
ALIKE = {"factor_vae": ["objective.weights.total_correlation=1"]}
"""What lets a report's cost be most of a loss: four codes are told from shuffled ones too well."""
everywhere = pytest.mark.parametrize(
    ("case", "network", "event"),
    [
        pytest.param(case.values[0], *place, id=f"{case.id}-{place[0]}-{place[1]}")
        for case in MODELS
        for place in PLACES
        if (case.values[0].choice, place[0]) not in REFUSED
    ],
)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def settings(case: Case, *options: str) -> dict[str, Any]:
    return config(f"model={case.choice}", "network.hidden=[8]", f"latent={LATENT}", *options)


def build(case: Case, event: Any = (1, 8, 8), *options: str) -> Autoencoder:
    return build_model(settings(case, *options), event)


def each_stage(model: Autoencoder) -> Iterator[Mapping[str, Player]]:
    """Yield the players of each stage of a run."""
    for stage in range(len(model.stages)):
        model.position.stage = stage
        yield model.players()


def binary(*shape: int) -> Tensor:
    return torch.rand(shape).round()


@everywhere
@torch.no_grad()
def test_shapes(case: Case, network: str, event: Any) -> None:
    model = build(case, event, f"network={network}")
    x = binary(B, *event)
    q = model.encode(x)
    assert (q.batch_shape, q.event_shape) == ((B,), (LATENT,))
    for batch in [(B,), (S, B)]:
        p = model.decode(torch.randn(*batch, LATENT))
        assert (p.batch_shape, p.event_shape) == (batch, event)
    p = model.sample(7)
    assert (p.batch_shape, p.event_shape) == ((7,), event)
    assert p.sample().shape == (7, *event)
    assert model.reconstruct(x).shape == x.shape
    log_p = model.log_prob(x, 5)
    if log_p is not None:
        assert log_p.shape == (B,)
        assert log_p.isfinite().all()


@everywhere
def test_report(case: Case, network: str, event: Any) -> None:
    with torch.no_grad():
        report = build(case, event, f"network={network}").report({"x": binary(B, *event)})
    assert "distortion" in report.costs
    for cost in report.costs.values():
        assert cost.shape == (B,)
        assert cost.isfinite().all()
    assert report.code.shape == (B, LATENT)
    if report.rates is not None:
        assert report.rates.shape == (B, LATENT)
        torch.testing.assert_close(report.rates.sum(1), report.costs["rate"])


@every_model
def test_a_report_is_at_weight_one_whatever_the_weights(case: Case) -> None:
    model = build(case).eval()  # where a layer's own state stands still
    batch = {"x": binary(B, 1, 8, 8)}
    names = [name for player in model.players().values() for name in player.terms(batch)]
    reports = []
    for weight in (1.0, 0.0, 7.0):
        model.plan = Plan(weights=dict.fromkeys(names, weight))
        torch.manual_seed(1)
        reports.append(model.report(batch))
    for report in reports[1:]:
        assert report.costs.keys() == reports[0].costs.keys()
        assert all(torch.equal(report.costs[k], v) for k, v in reports[0].costs.items())


@every_model
def test_a_report_does_not_depend_on_the_batch_size(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apart from noise, which is a matter of the block: here there is none."""
    model = build(case).double()
    x = binary(B, 1, 8, 8).double()
    monkeypatch.setattr(torch, "randn", torch.zeros)
    with torch.no_grad():
        whole, parts = model.report({"x": x}), [model.report({"x": x[[i]]}) for i in range(B)]
    torch.testing.assert_close(whole.code, torch.cat([p.code for p in parts]))
    if whole.rates is not None:
        torch.testing.assert_close(whole.costs["rate"], torch.cat([p.costs["rate"] for p in parts]))


@every_model
def test_terms(case: Case) -> None:
    """Each is (B,), weighted (B,), or a scalar; the players' parameters are the whole model's."""
    model = build(case)
    batch = {"x": binary(B, 1, 8, 8)}
    own: set[nn.Parameter] = set()
    for players in each_stage(model):
        for player in players.values():
            own |= set(player.parameters())
            for term in player.terms(batch).values():
                cost = term.cost if isinstance(term, Weighted) else term
                assert cost.shape in [(B,), ()]
                assert cost.isfinite().all()
    assert own == {p for p in model.parameters() if p.requires_grad}


@everywhere
def test_a_step_moves_every_parameter(case: Case, network: str, event: Any) -> None:
    chosen = settings(case, f"network={network}", "network.activation=tanh")
    model = build_model(chosen, event)
    plan = build_plan(chosen, "cpu")
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for players in each_stage(model):
        optimizers = {name: plan.optimizer(p.parameters()) for name, p in players.items()}
        game = Game(players, optimizers, plan, total_steps=10)
        costs = game.play({"x": binary(B, *event)}, B, 0, measure=True)
        assert all(cost.isfinite() and not cost.requires_grad for cost in costs.values())
    for name, parameter in model.named_parameters():
        assert not torch.equal(parameter, before[name]), name


@every_model
def test_training_lowers_the_cost(case: Case) -> None:
    chosen = settings(case, "optimizer.lr=0.01", *ALIKE.get(case.choice, []))
    model = build_model(chosen, (1, 8, 8))
    players, plan = model.players(), build_plan(chosen, "cpu")
    optimizers = {name: plan.optimizer(p.parameters()) for name, p in players.items()}
    steps = 400  # directions begin by telling the decoder next to nothing
    game, batch = Game(players, optimizers, plan, steps), {"x": binary(B, 1, 8, 8)}

    def cost() -> Tensor:
        with torch.no_grad():
            return torch.stack(list(model.report(batch).costs.values())).sum()

    before = cost()
    for step in range(steps):
        game.play(batch, B, step, measure=False)
    assert cost() < 0.7 * before


@every_model
def test_state_dict_round_trip(case: Case) -> None:
    one, other = build(case), build(case)
    x = binary(B, 1, 8, 8)
    assert not torch.equal(one.reconstruct(x), other.reconstruct(x))
    other.load_state_dict(one.state_dict(), strict=True)
    assert torch.equal(one.reconstruct(x), other.reconstruct(x))


@every_model
def test_a_target_is_what_is_reconstructed(case: Case) -> None:
    """Denoising is data: the code is of x, the distortion of the target."""
    model = build(case)
    x, target = binary(B, 1, 8, 8), binary(B, 1, 8, 8)
    with torch.no_grad():
        torch.manual_seed(1)
        plain = model.report({"x": x})
        torch.manual_seed(1)
        clean = model.report({"x": x, "target": target})
    assert torch.equal(plain.code, clean.code)
    assert not torch.equal(plain.costs["distortion"], clean.costs["distortion"])
