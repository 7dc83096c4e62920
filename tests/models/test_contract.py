"""One battery over every model in conf/: what the rest of the program relies on."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.build import build_model
from aetrain.config.files import groups
from aetrain.distributions.own_rate import OwnRate
from aetrain.errors import UserError
from aetrain.evaluation.tally import Figure, Tally
from aetrain.evolving import Evolving
from aetrain.game import Game, Plan
from aetrain.objectives.terms import batch_mean
from aetrain.planning import build_plan
from aetrain.player import Batch
from aetrain.world import World
from tests.battery import Case, cases, config

B, S, LATENT = 4, 3, 6
IMAGES = [(1, 8, 8), (3, 7, 13), (1, 28, 20)]
EVENTS = {"mlp": [(1, 8, 8), (1, 28, 20), (5,)], "conv": IMAGES}
ALL = [
    (network, event)
    for network in groups()["network"]
    for event in EVENTS.get(network, [(1, 8, 8)])
]
CHAINS = [(network, event) for network, event in ALL if network in ("mlp", "tied")]
BESIDE = [(network, event) for network, event in ALL if network in ("mlp", "gyroplane")]
"""Networks that take a condition beside their own input."""
OWN_NETWORK = {
    "deep_hvae": [("mlp", event) for event in IMAGES],
    **dict.fromkeys(["stacked_ae", "sdae"], CHAINS),
    "caae": [(network, event) for network, event in BESIDE if len(event) == 3],
    **dict.fromkeys(["cvae", "m2", "cvae_gan", "jvae"], BESIDE),
    "gmm": [("mlp", (1, 8, 8)), ("mlp", (3, 7, 13))],
}
"""Models that have networks of their own (the default stands for none) or take some only."""
LAYERWISE = ("stacked_ae", "sdae")
"""Models of which all stages but the last reconstruct what one layer is given."""
WATCHED = {"dfc_vae": "features"}
"""What is called by another name than distortion, as it is of no density of x."""
REFUSED = {
    ("gmvae", "tied"),
    *(("rae_gp", "pixelcnn"), ("rae_sn", "tied"), ("gan", "pixelcnn"), ("gan", "tied")),
    *(("ali", "pixelcnn"), ("dfc_vae", "pixelcnn")),
    *((model, net) for model in ("vaegan", "ebgan", "began") for net in ("pixelcnn", "tied")),
}
"""Models and networks that do not go together."""
UNDER: list[Any] = []
"""The conditions that models are under."""
OPTIONS = {
    **dict.fromkeys(["avb", "ali"], ("model.hidden=[8]", "model.features=8")),
    "deep_hvae": ("model.width=8",),
    **dict.fromkeys(["m2", "jvae"], ("conditioning.classes=4",)),
    "cvae_gan": ("conditioning.classes=4", "model.features=8"),
    "gmm": ("model.rate=1", "model.components=2"),
    "m1m2": ("conditioning.classes=4", "model.hidden=[8]", "model.style=3"),
    "linear_ae": ("likelihood.sigma=0.1",),  # of 1, the constant would be most of the cost
    **dict.fromkeys(["vqvae", "rvqvae", "fsq_vae"], ("model.code_prior.width=16",)),
    **dict.fromkeys(
        ["aae", "aae_labelled", "aae_semi", "aae_cluster", "wae_gan", "caae"],
        ("model.hidden=[8]",),
    ),
}
MODELS = cases("model")
PLACES = [
    pytest.param(case.values[0], network, event, id=f"{case.id}-{network}-{event}")
    for case in MODELS
    for network, event in OWN_NETWORK.get(case.values[0].choice, ALL)
    if (case.values[0].choice, network) not in REFUSED
]

every_model = pytest.mark.parametrize("case", MODELS)
every_place = pytest.mark.parametrize(("case", "network", "event"), PLACES)
ALIKE = {
    "ali": ["objective.weights.distortion=1"],
    "ebgan": [
        "network.hidden=[64]",
        "adversary.rate=0.3",
        "objective.weights.pulling_away=10",
        "model.margin=10",
    ],
    "factor_vae": ["objective.weights.total_correlation=1"],
    "jvae": ["network.hidden=[64]"],
    "vaegan": [
        *("+objective.weights.adversarial=0", "adversary.rate=1e-4", "network.encoder.hidden=[64]"),
    ],
}
"""What lets a report's cost be most of a loss: four codes are told from shuffled ones too well, and
four images from their reconstructions; features that tell pixels are many, and stand still; four
images are an energy's only valley unless fakes are kept apart; the report is under q(z|x), which
with eight units does not follow q(z|x, y), that labelled examples are trained under."""


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def settings(case: Case, *options: str) -> dict[str, Any]:
    own = OPTIONS.get(case.choice, ())
    return config(f"model={case.choice}", "network.hidden=[8]", f"latent={LATENT}", *own, *options)


def build(case: Case, event: Any = (1, 8, 8), *options: str) -> Autoencoder:
    return made(settings(case, *options), event)


def made(chosen: dict[str, Any], event: Any) -> Autoencoder:
    """Return a model; a conditional one under its first class, until another one is given."""
    model = build_model(chosen, event)
    if (conditioning := model.conditioning) is not None and not model.sets_condition:
        first = conditioning.of_labels(torch.tensor([0]))
        under = conditioning.condition.given(first)
        under.__enter__()
        UNDER.append(under)  # it ends with the last reference
    return model


def binary(*shape: int) -> Tensor:
    return torch.rand(shape).round()


def batch_of(x: Tensor) -> Batch:
    """Return a batch with labels, the first of which is missing, for models that read them."""
    return {"x": x, "y": torch.arange(len(x)) - 1}


def shown(model: Autoencoder, x: Tensor) -> Tensor:
    """Return reconstructions, or where there is no encoder what is decoded of fixed codes."""
    if model.encodes:
        return model.reconstruct(x)
    return model.decode(torch.linspace(-1, 1, LATENT).expand(len(x), LATENT)).mean


def every_stage(model: Autoencoder) -> Iterator[int]:
    """Put the model into each of its stages, one after another."""
    for stage in range(len(model.stages)):
        model.position.stage = stage
        yield stage


def train(model: Autoencoder, plan: Plan, batch: Batch, steps: int) -> Iterator[dict[str, Tensor]]:
    """Train the present stage on one batch as `Autoencoder.step` does; yield each step's costs."""
    players, number = model.players(), len(batch["x"])
    optimizers = {name: plan.optimizer(p.parameters()) for name, p in players.items()}
    for name, player in players.items():
        for group in optimizers[name].param_groups:
            group["lr"] *= player.rate
    game = Game(players, optimizers, plan, steps)
    for step in range(steps):
        yield game.play(batch, number, step, measure=True)
        for module in model.modules():
            if isinstance(module, Evolving):
                module.after_step(step + 1, steps, World())


@every_place
@torch.no_grad()
def test_shapes(case: Case, network: str, event: Any) -> None:
    model = build(case, event, f"network={network}")
    x = binary(B, *event)
    if model.encodes:
        q = model.encode(x)
        assert (q.batch_shape, q.event_shape) == ((B,), model.latent)
        assert model.reconstruct(x).shape == x.shape
    else:
        with pytest.raises(UserError, match=r"has no encoder.*use "):
            model.encode(x)
    for batch in [(B,), (S, B)]:
        p = model.decode(torch.randn(*batch, *model.latent))
        assert (p.batch_shape, p.event_shape) == (batch, event)
    p = model.sample(7, None if model.conditioning is None else 0)
    assert (p.batch_shape, p.event_shape) == ((7,), event)
    assert p.sample().shape == (7, *event)
    log_p = model.log_prob(x, 5)
    if log_p is not None:
        assert log_p.shape == (B,)
        assert log_p.isfinite().all()


@every_place
def test_report(case: Case, network: str, event: Any) -> None:
    model = build(case, event, f"network={network}")
    for stage in every_stage(model):
        with torch.no_grad():
            report = model.report(batch_of(binary(B, *event)))
        layer = case.choice in LAYERWISE and stage < len(model.stages) - 1
        watched = f"distortion_{stage + 1}" if layer else WATCHED.get(case.choice, "distortion")
        # a model without an encoder has nothing to reconstruct, and says what it watches instead
        assert watched in report.costs or not model.encodes
        assert report.costs or model.watches in report.more
        for figure in (*report.costs.values(), *report.more.values()):
            for part in [figure] if isinstance(figure, Tensor) else figure:
                assert len(part) == B
                assert part.isfinite().all()
        assert report.code.shape == ((B, *model.latent) if model.encodes else (B, 0))
        if report.rates is not None:
            assert report.rates.shape == (B, *model.latent)
            torch.testing.assert_close(report.rates.flatten(1).sum(1), report.costs["rate"])


@every_model
def test_a_report_is_at_weight_one_whatever_the_weights(case: Case) -> None:
    model = build(case).eval()  # where a layer's own state stands still
    batch = batch_of(binary(B, 1, 8, 8))
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
    for _ in every_stage(model):
        with torch.no_grad():
            whole = model.report(batch_of(x))
            parts = [model.report(batch_of(x[[i]])) for i in range(B)]
        torch.testing.assert_close(whole.code, torch.cat([p.code for p in parts]))
        # the rate of a hierarchy depends on what was drawn above
        exact = whole.rates is not None and not isinstance(model.encode(x), OwnRate)
        compared = ["rate"] if exact or len(model.stages) > 1 else []
        compared = [name for name in compared if name in whole.costs]
        for name in whole.costs if case.choice in LAYERWISE else compared:
            costs = torch.cat([p.costs[name] for p in parts])
            torch.testing.assert_close(whole.costs[name], costs)


@every_model
def test_terms(case: Case) -> None:
    """Each is (B,), or (), or has a mean; the players' parameters are the whole model's."""
    model = build(case)
    batch = batch_of(binary(B, 1, 8, 8))
    own: set[torch.nn.Parameter] = set()
    for _ in every_stage(model):
        players = model.players().values()
        for player in players:
            for term in player.terms(batch).values():
                if isinstance(term, Tensor):
                    assert term.shape in [(B,), ()]
                mean = batch_mean(term, B, World())
                assert mean.shape == ()
                assert mean.isfinite()
        own |= set(itertools.chain.from_iterable(p.parameters() for p in players))
    assert own == {p for p in model.parameters() if p.requires_grad}


@every_place
def test_a_step_moves_every_parameter(case: Case, network: str, event: Any) -> None:
    chosen = settings(case, f"network={network}", "network.activation=tanh")
    model = made(chosen, event)
    moved = set[str]()
    for _ in every_stage(model):  # two stages' first steps of Adam may cancel to the last digit
        before = {name: p.detach().clone() for name, p in model.named_parameters()}
        (costs,) = train(model, build_plan(chosen, "cpu"), batch_of(binary(B, *event)), 1)
        assert all(cost.isfinite() and not cost.requires_grad for cost in costs.values())
        moved |= {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert moved == {name for name, _ in model.named_parameters()}


@every_model
def test_training_lowers_the_cost(case: Case) -> None:
    chosen = settings(case, "optimizer.lr=0.01", *ALIKE.get(case.choice, []))
    model = made(chosen, (1, 8, 8))
    batch, steps = batch_of(binary(B, 1, 8, 8)), 400  # directions begin by telling next to nothing

    def cost() -> float:
        total = Tally()
        with torch.no_grad():
            total.add(model.report(batch))
        figures = total.figures(64, None)
        return figures.get("cost", figures.get(model.watches, math.nan))

    enough, lowered = 0.7 * cost(), False
    for _ in every_stage(model):
        lowered = False
        for step, _ in enumerate(train(model, build_plan(chosen, "cpu"), batch, steps)):
            if step % 50 == 49 and (lowered := cost() < enough):  # the rest would only take time
                break
    assert lowered


@every_model
def test_state_dict_round_trip(case: Case) -> None:
    one, other = build(case), build(case)
    x = binary(B, 1, 8, 8)
    assert not torch.equal(shown(one, x), shown(other, x))
    other.load_state_dict(one.state_dict(), strict=True)
    assert torch.equal(shown(one, x), shown(other, x))


def equal(a: Figure, b: Figure) -> bool:
    pairs = [(a, b)] if isinstance(a, Tensor) else zip(a, b, strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


@every_model
def test_a_target_is_what_is_reconstructed(case: Case) -> None:
    """Denoising is data: the code is of x, the distortion of the target."""
    model = build(case)
    model.position.stage = len(model.stages) - 1
    x, target = binary(B, 1, 8, 8), binary(B, 1, 8, 8)
    with torch.no_grad():
        torch.manual_seed(1)
        plain = model.report(batch_of(x))
        torch.manual_seed(1)
        clean = model.report({**batch_of(x), "target": target})
    assert torch.equal(plain.code, clean.code)
    of_plain, of_clean = ({**report.costs, **report.more} for report in (plain, clean))
    (name, *_) = of_plain
    assert not equal(of_plain[name], of_clean[name])
