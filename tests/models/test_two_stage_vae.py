"""The two-stage VAE: its first stage is a VAE, its second the bound of a deeper model."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from aetrain.build import build_model
from aetrain.errors import UserError
from tests.battery import config

EVENT = torch.Size((1, 8, 8))
SMALL = ("network.hidden=[8]", "latent=2")


def build(*overrides: str, model: str = "two_stage_vae") -> Any:
    torch.manual_seed(0)
    own = ["model.hidden=[8]"] if model == "two_stage_vae" else []
    return build_model(config(*SMALL, f"model={model}", *own, *overrides), EVENT).double()


def images(n: int = 6) -> Tensor:
    draws = torch.Generator().manual_seed(1)
    return torch.rand(n, *EVENT, generator=draws).round().double()


def as_prior(model: Any) -> Any:
    """Make the second VAE N(0, I): f = 0, γ = 1 and q(u|z) = N(0, I)."""
    for part in (model.second.encoder, model.second.decoder):
        for parameter in part.network.layers[-1].parameters():
            nn.init.zeros_(parameter)
    model.second.decoder.family.sigma.minimum = 0.0
    return model


def test_the_first_stage_is_the_vae() -> None:
    one, other = build(), build(model="vae")
    x = images()
    reports = []
    for model in (one, other):
        torch.manual_seed(2)
        reports.append((model.report({"x": x}), model.log_prob(x, 7), model.terms({"x": x})))
    (first, log_p, terms), (second, expected, others) = reports
    for name in ("distortion", "rate"):
        assert torch.equal(first.costs[name], second.costs[name])
        assert torch.equal(terms[name], others[name])
    assert torch.equal(first.rates, second.rates)
    assert torch.equal(log_p, expected)


def test_with_the_standard_normal_as_second_it_is_the_vae_too() -> None:
    """The rate is then estimated, so it is held against the closed form on average."""
    model = as_prior(build())
    x = images(3)
    exact = model.report({"x": x}).costs["rate"]
    model.position.stage = 1
    n = 4000
    estimate = model.report({"x": x.repeat(n, 1, 1, 1)}).costs["rate"].reshape(n, 3).detach()
    assert ((estimate.mean(0) - exact).abs() < 4 * estimate.std(0) / n**0.5).all()
    first, second = (as_prior(build()) for _ in range(2))
    second.position.stage = 1
    difference = first.log_prob(x, 20_000) - second.log_prob(x, 20_000)
    assert difference.abs().max() < 0.1


def test_the_second_stage_bounds_the_same_model() -> None:
    """Distortion + rate lies above −log p(x), and the terms of the codes make up the rate."""
    model = build()
    model.second.begin(model.encode(images(200)).sample())
    model.position.stage = 1
    x, n = images(2), 3000
    many = x.repeat(n, 1, 1, 1)
    costs = model.report({"x": many}).costs
    bound = torch.stack(list(costs.values())).sum(0).reshape(n, 2).detach()
    nll = -model.log_prob(x, 20_000)
    assert (bound.mean(0) > nll - 4 * bound.std(0) / n**0.5).all()
    terms = model.second_terms({"x": many})
    entropy = -model.encode(x).base_dist.entropy().sum(1)
    whole = (terms["code_distortion"] + terms["code_rate"]).reshape(n, 2).detach()
    rate = costs["rate"].reshape(n, 2).detach()
    error = 4 * (whole.var(0) + rate.var(0)).sqrt() / n**0.5
    assert ((whole.mean(0) + entropy - rate.mean(0)).abs() < error).all()


def test_who_plays_when() -> None:
    model = build()
    first = {p for player in model.players().values() for p in player.parameters()}
    model.position.stage = 1
    (player,) = model.players().values()
    second = set(player.parameters())
    assert first == {*model.encoder.parameters(), *model.decoder.parameters()}
    assert second == set(model.second.parameters())
    # the second's costs reach nobody else
    terms = player.terms({"x": images()})
    sum(t.sum() for t in terms.values()).backward()
    assert all(p.grad is None for p in first)
    assert all(p.grad is not None for p in second)


def test_samples_come_from_the_second_once_it_is_there() -> None:
    model = build()
    model.second.begin(torch.randn(100, 2).double() + 50)
    assert model.codes().sample((100,)).abs().max() < 10
    model.position.stage = 1
    assert model.codes().sample((100,)).mean() > 40


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["posterior=delta"], "model=two_stage_vae needs a posterior with a density, and"),
        (["posterior=von_mises_fisher", "prior=hypersphere"], "are the vectors of length 1: use"),
        (["model.hidden=[0]"], r"model\.hidden=\[0\]: widths must be at least 1"),
        (["model.second_epochs=0"], r"model\.second_epochs=0: must be at least 1, or null"),
    ],
)
def test_what_is_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build(*overrides)
