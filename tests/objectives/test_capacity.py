"""The rate's distance from a value that rises."""

from functools import partial

import pytest
import torch

from aetrain import schedules
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.errors import UserError
from aetrain.objectives.capacity import Capacity
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.world import World
from tests.objectives.toy import pass_of, terms_of

B, D = 5, 3


def one_pass() -> Inference:
    torch.manual_seed(0)
    q = DiagonalNormal(torch.randn(B, D).requires_grad_(), torch.randn(B, D), 1)
    return pass_of(q, StandardNormal(torch.zeros(D), 1))


def test_the_capacity_rises_linearly_and_stays() -> None:
    objective = Capacity(capacity=20.0, warmup=8)
    found = [objective.allowed.item()]
    for step in range(1, 12):
        objective.after_step(step, 100, World())
        found.append(objective.allowed.item())
    assert found == [0, 2.5, 5, 7.5, 10, 12.5, 15, 17.5, 20, 20, 20, 20]
    # each batch is held at what the linear schedule says of the ones before it
    linear = partial(schedules.linear, warmup=8)
    assert found[1:] == [20 * linear(step, 100) for step in range(11)]


def test_without_a_warm_up_it_is_there_at_once() -> None:
    assert Capacity(capacity=3.0, warmup=0).allowed == 3


@pytest.mark.parametrize("capacity", [0.0, 5.0, 1000.0])
def test_terms(capacity: float) -> None:
    inference = one_pass()
    terms = terms_of(Capacity(capacity=capacity, warmup=0), inference)
    plain = terms_of(elbo, inference)
    assert torch.equal(terms["distortion"], plain["distortion"])
    assert torch.equal(terms["rate"], plain["rate"])
    expected = abs(plain["rate"].mean().item() - capacity)
    assert terms["capacity"].item() == pytest.approx(expected, rel=1e-6)


def test_it_pulls_the_rate_from_either_side() -> None:
    inference = one_pass()
    loc = inference.q.mean
    (plain,) = torch.autograd.grad(terms_of(elbo, inference)["rate"].mean(), loc)
    for capacity, sign in [(0.0, 1), (1000.0, -1)]:
        terms = terms_of(Capacity(capacity=capacity, warmup=0), one_pass_of(inference))
        (found,) = torch.autograd.grad(terms["capacity"], loc)
        torch.testing.assert_close(found, sign * plain)


def one_pass_of(inference: Inference) -> Inference:
    return pass_of(inference.q, inference.prior)


def test_its_state_is_a_buffer() -> None:
    one, other = Capacity(), Capacity()
    one.after_step(77, 100, World())
    other.load_state_dict(one.state_dict())
    assert other.allowed == one.allowed > 0


@pytest.mark.parametrize("option", ["capacity", "warmup"])
def test_numbers_below_zero(option: str) -> None:
    with pytest.raises(UserError, match=rf"objective\.{option}=-1: must be at least 0"):
        Capacity(**{option: -1})
