"""One battery over every sampler in conf/."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.config.chosen import chosen
from aetrain.config.files import groups
from aetrain.errors import UserError
from aetrain.making import make
from aetrain.samplers.sampler import Sampler

QUICK: dict[str, dict[str, Any]] = {
    "gaussian_mixture": {"components": 3},
    "flow": {"updates": 30, "steps": 2, "hidden": [8]},
    "aggregate": {"codes": 50},
    "two_stage": {"updates": 30, "hidden": [8]},
}
SAMPLERS = [name for name in groups()["sampler"] if name != "prior"]

every_sampler = pytest.mark.parametrize("name", SAMPLERS)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def made(name: str, *event: int, **options: Any) -> Sampler:
    return make(chosen("sampler", name, QUICK[name] | options))(torch.Size(event))


def codes(*shape: int) -> Tensor:
    """Return codes that are neither centred nor of unit scale."""
    return 3 + 2 * torch.randn(shape)


def draws(sampler: Sampler, n: int = 5) -> Tensor:
    torch.manual_seed(3)
    return sampler().sample((n,))


@every_sampler
@pytest.mark.parametrize("event", [(3,), (1,), (2, 3, 2)], ids=str)
def test_shapes(name: str, event: tuple[int, ...]) -> None:
    sampler = made(name, *event)
    for fitted in (False, True):
        if fitted:
            sampler.fit(codes(60, *event))
        d = sampler()
        assert (d.batch_shape, d.event_shape) == ((), event)
        for shape in [(), (4,), (2, 3)]:
            z = d.sample(shape)
            assert z.shape == (*shape, *event)
            assert z.isfinite().all()
            assert not z.requires_grad
        score = sampler.score(codes(7, *event))
        if score is not None:
            assert score.shape == (7,)
            assert score.isfinite().all()
            assert not score.requires_grad


@every_sampler
def test_a_distribution_scores_what_the_sampler_scores(name: str) -> None:
    sampler = made(name, 2, 2)
    sampler.fit(codes(60, 2, 2))
    z = codes(9, 2, 2)
    score = sampler.score(z)
    if score is None:
        with pytest.raises(NotImplementedError):
            sampler().log_prob(z)
    elif name != "two_stage":  # of which both are estimates
        torch.testing.assert_close(sampler().log_prob(z), score)


@every_sampler
def test_draws_have_the_codes_moments(name: str) -> None:
    """Mean and standard deviation; the few updates suffice for these."""
    more = {"updates": 300, "hidden": [16]} if "updates" in QUICK[name] else {}
    sampler = made(name, 2, **more)
    z = codes(500, 2)
    sampler.fit(z)
    x = draws(sampler, 5000)
    torch.testing.assert_close(x.mean(0), z.mean(0), atol=0.5, rtol=0)
    torch.testing.assert_close(x.std(0), z.std(0), atol=0.5, rtol=0)


@every_sampler
def test_the_state_is_all_there_is(name: str) -> None:
    """Saved, loaded into a new one and drawn from: the same bits."""
    one, other = made(name, 4), made(name, 4)
    shapes = {key: value.shape for key, value in one.state_dict().items()}
    one.fit(codes(60, 4))
    assert {key: value.shape for key, value in one.state_dict().items()} == shapes
    other.load_state_dict(one.state_dict(), strict=True)
    assert torch.equal(draws(one), draws(other))
    z = codes(5, 4)
    torch.manual_seed(1)
    first = one.score(z)
    torch.manual_seed(1)
    second = other.score(z)
    assert (first is None) == (second is None)
    assert first is None or second is None or torch.equal(first, second)


@every_sampler
def test_a_fit_is_a_function_of_codes_and_seed(name: str) -> None:
    z = codes(60, 4)
    one, other = made(name, 4), made(name, 4)
    other.fit(codes(70, 4))  # leaves no trace
    for sampler in (one, other):
        torch.manual_seed(7)
        sampler.fit(z)
    first, second = one.state_dict(), other.state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


@every_sampler
def test_nothing_of_it_is_trained_with_the_model(name: str) -> None:
    sampler = made(name, 4)
    assert not any(p.requires_grad for p in sampler.parameters())
    with torch.no_grad():  # as where it is fitted
        sampler.fit(codes(60, 4))
    assert not any(p.requires_grad for p in sampler.parameters())


@every_sampler
def test_doubles(name: str) -> None:
    sampler = made(name, 4).double()
    sampler.fit(codes(60, 4).double())
    assert draws(sampler).dtype == torch.float64
    score = sampler.score(codes(5, 4).double())
    assert score is None or score.dtype == torch.float64


@every_sampler
def test_codes_that_never_vary(name: str) -> None:
    """A latent dimension may be dead."""
    sampler = made(name, 3)
    z = codes(60, 3)
    z[:, 1] = 0.25
    sampler.fit(z)
    x = draws(sampler, 200)
    assert x.isfinite().all()
    assert (x[:, 1] - 0.25).abs().max() < 0.05
    score = sampler.score(z)
    assert score is None or score.isfinite().all()


@every_sampler
def test_few_codes(name: str) -> None:
    sampler = made(name, 3)
    least = sampler.least
    sampler.fit(codes(least, 3))
    assert draws(sampler).isfinite().all()
    with pytest.raises(UserError, match=f"sampler={name} needs at least {least} codes and there"):
        sampler.fit(codes(least - 1, 3))


@every_sampler
def test_codes_that_are_not_finite(name: str) -> None:
    z = codes(60, 3)
    z[5, 1] = math.nan
    with pytest.raises(UserError, match=f"sampler={name}: the codes are not finite; use a smaller"):
        made(name, 3).fit(z)


@every_sampler
def test_at_least_one_code(name: str) -> None:
    with pytest.raises(UserError, match=r"sampler\.codes=0: must be at least 1"):
        made(name, 3, codes=0)


WRONG = [
    ("gaussian_mixture", {"components": 0}, "sampler.components=0: must be at least 1"),
    ("gaussian_mixture", {"iterations": 0}, "sampler.iterations=0: must be at least 1"),
    ("gaussian_mixture", {"floor": 0.0}, "sampler.floor=0.0: must be above 0, such as 1e-6"),
    ("flow", {"steps": 0}, "sampler.steps=0: must be at least 1"),
    ("flow", {"hidden": [0]}, "sampler.hidden=[0]: widths must be at least 1"),
    ("flow", {"updates": 0}, "sampler.updates=0: must be at least 1"),
    ("flow", {"lr": 0.0}, "sampler.lr=0.0: must be above 0, such as 0.001"),
    ("two_stage", {"hidden": [4, 0]}, "sampler.hidden=[4, 0]: widths must be at least 1"),
    ("two_stage", {"batch": 0}, "sampler.batch=0: must be at least 1"),
]


@pytest.mark.parametrize(("name", "options", "message"), WRONG)
def test_wrong_numbers(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as error:
        made(name, 3, **options)
    assert str(error.value) == message


def test_what_would_fill_the_memory() -> None:
    with pytest.raises(UserError, match=r"covariances of 14000 x 14000 would take 7\.3 GiB"):
        made("gaussian_mixture", 14000, components=10)
    with pytest.raises(UserError, match=r"codes of 14000 numbers would take 5\.2 GiB: use fewer"):
        made("aggregate", 14000, codes=100_000)


def test_a_choice_by_name() -> None:
    assert chosen("sampler", "prior") == {}
    assert chosen("sampler", "flow", {"steps": 7})["steps"] == 7
    with pytest.raises(UserError, match=r"sampler=flwo: there is none; .*Did you mean 'flow'\?"):
        chosen("sampler", "flwo")
    with pytest.raises(UserError, match=r"sampler\.step: .*Flow takes no 'step'"):
        chosen("sampler", "flow", {"step": 7})
    with pytest.raises(UserError, match=r"sampler\.steps='many': "):
        chosen("sampler", "flow", {"steps": "many"})
    with pytest.raises(UserError, match="sampler=prior takes no steps: choose another sampler"):
        chosen("sampler", "prior", {"steps": 7})
