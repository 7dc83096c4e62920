"""The stack's layers are those of the deep autoencoder, and cost what torch and the AE say."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.stacked.stack import Stack
from tests.battery import config

EVENT = torch.Size((1, 8, 8))
PLACES = [
    pytest.param(network, activation, id=f"{network}-{activation}")
    for network in ("mlp", "tied")
    for activation in ("sigmoid", "tanh", "relu")
]


def build(*overrides: str, model: str = "stacked_ae", hidden: str = "[12,9]") -> Any:
    torch.manual_seed(0)
    own = (f"model={model}", f"network.hidden={hidden}", "latent=4", "likelihood=bernoulli_grey")
    return build_model(config(*own, *overrides), EVENT).double()


def images(n: int = 5) -> Tensor:
    return torch.rand(n, *EVENT, generator=torch.Generator().manual_seed(1)).double()


@pytest.mark.parametrize(("network", "activation"), PLACES)
def test_the_layers_compose_to_the_networks(network: str, activation: str) -> None:
    model = build(f"network={network}", f"network.activation={activation}")
    stack, x = model.stack, images()
    assert len(stack) == 3
    code = model.encode(x).mean
    torch.testing.assert_close(stack.features(x, 3), code)
    h = code
    for number in range(3):
        h = stack.down.affine(number, h if number == 0 else stack.down.nonlinearity(h))
    torch.testing.assert_close(h, model.decoder.network(code).flatten(1))


@pytest.mark.parametrize("network", ["mlp", "tied"])
@pytest.mark.parametrize("likelihood", ["bernoulli_grey", "gaussian"])
def test_one_layer_is_the_plain_autoencoder(network: str, likelihood: str) -> None:
    """Loss and gradient on the same weights; the code's activation is that of its posterior."""
    choices = (f"network={network}", f"likelihood={likelihood}", "posterior.activation=sigmoid")
    stacked = build(*choices, hidden="[]")
    plain = build(*choices, model="ae", hidden="[]")
    plain.load_state_dict(stacked.state_dict())
    batch = {"x": images()}
    (player,) = stacked.players().values()
    (one,), (other,) = player.terms(batch).values(), plain.terms(batch).values()
    torch.testing.assert_close(one, other)
    one.sum().backward()
    other.sum().backward()
    for a, b in zip(stacked.parameters(), plain.parameters(), strict=True):
        assert a.grad is not None
        torch.testing.assert_close(a.grad, b.grad)


def test_costs_of_upper_layers() -> None:
    """By torch's own sigmoid and logarithm, and by the squares."""
    for activation in ("sigmoid", "tanh"):
        model = build(f"network.activation={activation}")
        h = model.stack.features(images(), 1)
        f = {"sigmoid": torch.sigmoid, "tanh": torch.tanh}[activation]
        second, back = model.encoder.network.layers[2], model.decoder.network.layers[2]
        r = f(back(f(second(h))))
        expected = {
            "sigmoid": -(h * r.log() + (1 - h) * (1 - r).log()).sum(1),
            "tanh": 0.5 * (h - r).square().sum(1),
        }[activation]
        torch.testing.assert_close(model.stack.cost(1, h, h), expected)


def test_a_linear_layer_reaches_the_variance_that_pca_leaves() -> None:
    """The second layer alone, of a linear code: ½ Σ of the features' smallest eigenvalues."""
    model = build(
        *("network.activation=identity", "posterior.activation=identity", "likelihood=gaussian"),
        hidden="[6]",
    )
    h = model.stack.features(torch.randn(400, *EVENT).double(), 1)
    player = nn.ModuleList(model.stack.modules_of(1))
    optimizer = torch.optim.LBFGS(player.parameters(), max_iter=500, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        cost = model.stack.cost(1, h, h).mean()
        cost.backward()
        return cost

    optimizer.step(loss)
    eigenvalues = torch.linalg.eigvalsh(torch.cov(h.T, correction=0))
    torch.testing.assert_close(loss().detach(), 0.5 * eigenvalues[:2].sum(), rtol=1e-4, atol=0)


def test_no_gradient_reaches_the_layers_below() -> None:
    model = build()
    model.stack.cost(2, *2 * [model.stack.features(images(), 2)]).sum().backward()
    moved = {name for name, p in model.named_parameters() if p.grad is not None}
    assert moved == {f"{part}.weight" for part in NAMES} | {f"{part}.bias" for part in NAMES}
    own = {id(p) for module in model.stack.modules_of(2) for p in module.parameters()}
    assert own == {id(p) for p in model.parameters() if p.grad is not None}


NAMES = ("encoder.network.layers.4", "decoder.network.layers.0")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["network=conv"], "Conv.* is no chain of fully connected layers: use network=mlp"),
        (
            ["network.decoder.hidden=[9,7]"],
            r"64-12-9-4 and the decoder's 4-9-7-64, .*set network\.decoder\.hidden=\[9, 12\]",
        ),
        (["network.decoder.hidden=[9]"], r"the decoder's 4-9-64, .*decoder\.hidden=\[9, 12\]"),
        (
            ["network=tied", "likelihood=gaussian", "likelihood.sigma=decoder"],
            "network=tied puts out one number for each of the 64",
        ),
    ],
)
def test_what_is_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build(*overrides)


def test_a_likelihood_may_want_several_numbers_for_a_value() -> None:
    model = build("likelihood=gaussian", "likelihood.sigma=decoder")
    assert isinstance(model.stack, Stack)
    cost = model.stack.cost(0, images(), images())
    assert cost.shape == (5,)
    assert cost.isfinite().all()
