"""Every conditioning: what it leaves alone, what it changes, and which networks can have it."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli

from aetrain.autoencoder import Autoencoder
from aetrain.build import build_model
from aetrain.config.files import groups
from aetrain.errors import UserError
from tests.battery import config

EVENT, B, K = (1, 8, 8), 6, 3
WAYS = [name for name in groups()["conditioning"] if name != "none"]
SMALL = ("network.hidden=[8]", "latent=4")
# what a conditional network adds to the plain one's parameters, all 0: the condition is ignored
ADDED = {
    "concat": "columns",
    "channels": "columns",
    "film": "modulators",
    "cross_attention": "output",
}

every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def build(way: str, *options: str) -> Autoencoder:
    chosen = [] if way == "none" else [f"conditioning={way}", f"conditioning.classes={K}"]
    return build_model(config(*SMALL, *chosen, *options), EVENT).double()


def batch(labels: Any = (0, 1, 2, 2, 1, 0)) -> dict[str, Tensor]:
    return {"x": torch.rand(B, *EVENT).round().double(), "y": torch.tensor(labels)}


def take_plain_weights(conditional: Autoencoder, plain: Autoencoder) -> None:
    """Give a conditional model a plain one's weights, and weights 0 for the condition."""
    state = {n.replace(".network.network.", ".network."): n for n in conditional.state_dict()}
    with torch.no_grad():
        own = conditional.state_dict(keep_vars=True)
        for name, parameter in own.items():
            if "modulators" in name:
                parameter.zero_()
        for name, weight in plain.state_dict().items():
            target = own[state[name]]
            if target.shape == weight.shape:
                target.copy_(weight)
            else:  # a first layer with columns, or channels, for c after its own
                target.zero_()
                target[:, : weight.shape[1]] = weight


NETWORKS = {"concat": ["mlp"], "channels": ["mlp", "conv"], "film": ["mlp", "conv", "attention"]}
PLACES = [(way, network) for way in WAYS for network in NETWORKS.get(way, ["mlp", "conv"])]


@pytest.mark.parametrize(("way", "network"), PLACES)
def test_where_the_condition_is_ignored_it_is_the_plain_model(way: str, network: str) -> None:
    plain, conditional = (build(w, f"network={network}", "samples=2") for w in ("none", way))
    take_plain_weights(conditional, plain)
    given = batch()
    torch.manual_seed(1)
    expected = plain.report(given), plain.log_prob(given["x"], 7)
    torch.manual_seed(1)
    with conditional.conditioned(given):
        found = conditional.report(given), conditional.log_prob(given["x"], 7)
    for name, cost in expected[0].costs.items():
        torch.testing.assert_close(found[0].costs[name], cost)
    torch.testing.assert_close(found[1], expected[1])


@pytest.mark.parametrize(("way", "network"), PLACES)
def test_each_example_has_its_own_condition(way: str, network: str) -> None:
    """Samples and examples are folded to one batch: example b of each sample has condition b."""
    model, given = build(way, f"network={network}"), batch()
    z = torch.randn(5, B, 4).double()
    with model.conditioned(given):
        q, p = model.encode(given["x"]).mean, model.decode(z).mean
    for b in range(B):
        with model.under(int(given["y"][b]), 1):
            torch.testing.assert_close(model.encode(given["x"][[b]]).mean, q[[b]])
        with model.under(int(given["y"][b]), 5):
            torch.testing.assert_close(model.decode(z[:, b]).mean, p[:, b])
    with model.under(0, B):
        other = model.decode(z).mean
    same = given["y"] == 0
    torch.testing.assert_close(other[:, same], p[:, same])
    assert not torch.allclose(other[:, ~same], p[:, ~same])


@every_way
def test_every_parameter_has_a_gradient(way: str) -> None:
    model, given = build(way, "network=conv" if way == "channels" else "network=mlp"), batch()
    with model.conditioned(given):
        (player,) = model.players().values()
        sum(t.sum() for t in player.terms(given).values() if isinstance(t, Tensor)).backward()  # pyright: ignore
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_log_prob_is_that_of_the_condition() -> None:
    """p(x|z, c) = p(x|c) and q = p(z): every weight is the evidence, whatever c."""
    model, given = build("concat"), batch()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        network: Any = model.decoder.network  # pyright: ignore
        first, last = network.network.linears
        first.weight[:K, 4:] = torch.eye(K)
        last.weight.normal_()
    with model.conditioned(given):
        found = model.log_prob(given["x"], 3)
    logits = last.weight[:, :K].T[given["y"]]
    expected = Bernoulli(logits=logits).log_prob(given["x"].flatten(1)).sum(1)
    torch.testing.assert_close(found, expected)


@every_way
def test_a_missing_label_is_no_condition(way: str) -> None:
    model = build(way, "conditioning.drop=0.1")
    given = batch((-1, 1, -1, -7, 2, 0))
    z = torch.randn(B, 4).double()
    with model.conditioned(given):
        missing = model.decode(z).mean
    with model.under(None, B):
        none = model.decode(z).mean
    rows = given["y"] < 0
    torch.testing.assert_close(missing[rows], none[rows])
    assert not torch.allclose(missing[~rows], none[~rows])


def test_training_drops_conditions() -> None:
    conditioning = build("concat", "conditioning.drop=0.25").conditioning
    assert conditioning is not None
    c = conditioning.dropped(torch.ones(20_000, K))
    share = (c.sum(1) == 0).double().mean().item()
    assert share == pytest.approx(0.25, abs=4 * (0.25 * 0.75 / 20_000) ** 0.5)
    assert set(c.sum(1).tolist()) == {0, K}


@every_way
def test_samples_of_a_class(way: str) -> None:
    model = build(way, "prior=conditional_gaussian")
    torch.manual_seed(1)
    one = model.sample(4, 2)
    torch.manual_seed(1)
    same = model.sample(4, torch.full((4,), 2))
    assert (one.batch_shape, one.event_shape) == ((4,), EVENT)
    assert torch.equal(one.mean, same.mean)
    torch.manual_seed(1)
    assert not torch.equal(one.mean, model.sample(4, 1).mean)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            None,
            "conditioning: this model works under a condition, and none is given: use cond",
        ),
        (3, "condition=3: must be a class from 0 to 2"),
        (-1, "condition=-1: must be a class from 0 to 2"),
        (torch.zeros(4, 2), r"condition has the shape \(4, 2\): must be a class, one for each of"),
        (torch.tensor([1, 2]), r"condition has the shape \(2, 3\): must be a class, one for each"),
    ],
)
def test_conditions_that_there_are_not(condition: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        build("concat").sample(4, condition)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["conditioning=concat", "conditioning.drop=1"], "conditioning.drop=1: must be at least 0"),
        (["conditioning=concat", "conditioning.classes=0"], "conditioning.classes=0: must be at"),
        (["conditioning=cross_attention", "conditioning.tokens=0"], "conditioning.tokens=0: must"),
        (
            ["conditioning=concat", "network=conv"],
            "use conditioning=channels or film, or net",
        ),
        (["conditioning=film", "network.hidden=[]"], "use conditioning=concat, or more of network"),
        (["conditioning=film", "network=pixelcnn"], "use conditioning=channels, or network=conv"),
        (["conditioning=concat", "network=tied"], "or use network=mlp"),
        (
            ["conditioning=concat", "prior=vamp"],
            "use prior=conditional_gaussian, or",
        ),
        (["conditioning=concat", "model=deep_hvae"], "use conditioning=none, or model=cvae"),
        (["conditioning=concat", "model=stacked_ae"], "use network=mlp conditioning=none"),
    ],
)
def test_what_cannot_be_conditional(options: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        build_model(config(*options), EVENT)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


REFUSED = ["cae", "scae", "sdae", "stacked_ae", "deep_hvae", "vqvae", "rvqvae", "fsq_vae"]
REFUSED += ["gmvae", "gmm"]


@pytest.mark.parametrize("model", [m for m in groups()["model"] if m in REFUSED])
def test_models_that_say_why_they_cannot_be_conditional(model: str) -> None:
    with pytest.raises(UserError, match="use "):
        build_model(config(*SMALL, f"model={model}", "conditioning=concat"), EVENT)


@pytest.mark.parametrize("model", [m for m in groups()["model"] if m not in REFUSED])
def test_every_other_model_can_be_conditional(model: str) -> None:
    chosen = [*SMALL, f"model={model}", "conditioning=concat", f"conditioning.classes={K}"]
    made = build_model(config(*chosen), EVENT)
    given = {"x": torch.rand(B, *EVENT).round(), "y": batch()["y"]}
    for stage in range(len(made.stages)):
        made.position.stage = stage
        with made.conditioned(given):
            terms = [t for player in made.players().values() for t in player.terms(given).values()]
            assert all(t.isfinite().all() for t in terms if isinstance(t, Tensor))
            with torch.no_grad():
                assert all(c.isfinite().all() for c in made.report(given).costs.values())
    if made.conditioning is not None:
        assert made.sample(2, 1).mean.isfinite().all()
