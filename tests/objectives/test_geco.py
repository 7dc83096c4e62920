"""The multiplier of the constraint: its way, its average, and where it ends."""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.errors import UserError
from aetrain.objectives.elbo import elbo
from aetrain.objectives.geco import LOG_MULTIPLIER_BOUND, Geco
from aetrain.objectives.inference import Inference
from aetrain.world import World
from tests.objectives.toy import pass_of, terms_of

B, D = 5, 3


def one_pass(seed: int = 0) -> Inference:
    torch.manual_seed(seed)
    q = DiagonalNormal(torch.randn(B, D).requires_grad_(), torch.randn(B, D), 1)
    return pass_of(q, StandardNormal(torch.zeros(D), 1))


def distortion(inference: Inference) -> Tensor:
    return terms_of(elbo, inference)["distortion"].detach()


def test_terms() -> None:
    inference, objective = one_pass(), Geco(tolerance=0.7)
    objective.log_multiplier.fill_(math.log(3))
    terms, plain = terms_of(objective, inference), terms_of(elbo, inference)
    assert torch.equal(terms["rate"], plain["rate"])
    assert torch.equal(terms["distortion"], plain["distortion"])
    torch.testing.assert_close(terms["constraint"], 3 * (plain["distortion"] - 0.7 * D))
    assert terms["multiplier"].item() == pytest.approx(3)


def test_it_begins_with_the_elbos_gradient() -> None:
    inference = one_pass()
    loc = inference.q.mean
    terms, plain = terms_of(Geco(), inference), terms_of(elbo, inference)
    cost = (terms["rate"] + terms["constraint"]).sum()
    (found,) = torch.autograd.grad(cost, loc, retain_graph=True)
    (expected,) = torch.autograd.grad(sum(plain.values()).sum(), loc)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(("offset", "sign"), [(-0.5, 1), (0.5, -1)])
def test_the_multiplier_moves_the_right_way(offset: float, sign: int) -> None:
    """A violated constraint weighs more after each batch, one that is met less."""
    inference = one_pass()
    tolerance = distortion(inference).mean().item() / D + offset
    objective = Geco(tolerance=tolerance)
    seen = [1.0]
    for step in range(1, 6):
        objective(inference)
        objective.after_step(step, 100, World())
        seen.append(objective.log_multiplier.exp().item())
    ratios = [b / a for a, b in pairwise(seen)]
    assert ratios == pytest.approx([math.exp(0.1 * sign * 0.5)] * 5, rel=1e-5)


def test_the_average_is_of_all_batches() -> None:
    objective = Geco(tolerance=0.2, speed=0.3, momentum=0.9)
    average, log_multiplier = None, 0.0
    for step in range(1, 8):
        inference = one_pass(step)
        objective(inference)
        objective.after_step(step, 100, World())
        violation = distortion(inference).mean().item() / D - 0.2
        average = violation if average is None else 0.9 * average + 0.1 * violation
        log_multiplier += 0.3 * average
        assert objective.average.item() == pytest.approx(average, rel=1e-5)
        assert objective.log_multiplier.item() == pytest.approx(log_multiplier, rel=1e-5)


def test_processes_count_by_their_examples() -> None:
    class Two(World):
        """A world whose other process has seen three examples, with a violation of 12."""

        def sum(self, x: Tensor) -> Tensor:
            return x + torch.tensor([12.0, 3.0])

    objective = Geco(tolerance=0.0)
    inference = one_pass()
    objective(inference)
    objective.after_step(1, 100, Two())
    expected = (distortion(inference).sum().item() / D + 12) / (B + 3)
    assert objective.average.item() == pytest.approx(expected, rel=1e-6)


def test_the_multiplier_stays_within_its_bounds() -> None:
    objective = Geco(tolerance=-1000.0, speed=100.0)
    objective(one_pass())
    objective.after_step(1, 100, World())
    assert objective.log_multiplier == LOG_MULTIPLIER_BOUND


def test_it_finds_the_least_rate_at_a_distortion() -> None:
    """q = N(g x, v), p = N(z, 1), x ~ N(0, 1): ½ ((1 − g)² + v + log 2π) = κ at the least rate.

    There g = λ u and v = u with u = 1 / (1 + λ), so u² + u = 2 κ − log 2π.
    """
    torch.manual_seed(0)
    tolerance = 1.2
    raw = nn.Parameter(torch.zeros(2))  # g and ½ log v
    objective = Geco(tolerance=tolerance, speed=0.05, momentum=0.0)
    optimizer = torch.optim.SGD([raw], lr=0.2)
    for step in range(1, 801):
        x = torch.randn(512, 1)
        loc = raw[0] * x
        q = DiagonalNormal(loc, raw[1].expand_as(loc), 1)
        terms = terms_of(objective, decoded(x, q))
        optimizer.zero_grad()
        (terms["rate"] + terms["constraint"]).mean().backward()
        optimizer.step()
        objective.after_step(step, 800, World())
    u = 0.5 * (math.sqrt(1 + 4 * (2 * tolerance - math.log(2 * math.pi))) - 1)
    assert objective.log_multiplier.exp().item() == pytest.approx(1 / u - 1, rel=0.05)
    gain, log_scale = raw.tolist()
    assert gain == pytest.approx(1 - u, abs=0.03)
    assert math.exp(2 * log_scale) == pytest.approx(u, abs=0.03)


def decoded(x: Tensor, q: DiagonalNormal) -> Inference:
    z = q.rsample((1,))
    p = DiagonalNormal(z, torch.zeros_like(z), 1)
    return Inference(x, q, z, p, StandardNormal(torch.zeros(1), 1))


def test_its_state_is_in_buffers() -> None:
    one, other = Geco(), Geco()
    one(one_pass())
    one.after_step(1, 100, World())
    other.load_state_dict(one.state_dict())
    for twin in (one, other):
        twin(one_pass(1))
        twin.after_step(2, 100, World())
    assert torch.equal(one.log_multiplier, other.log_multiplier)
    assert torch.equal(one.average, other.average)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"speed": 0.0}, r"objective\.speed=0\.0: must be above 0"),
        ({"momentum": 1.0}, r"objective\.momentum=1\.0: must be at least 0 and below 1"),
        ({"tolerance": math.nan}, r"objective\.tolerance=nan: must be finite"),
    ],
)
def test_numbers_that_cannot_be(options: dict[str, float], words: str) -> None:
    with pytest.raises(UserError, match=words):
        Geco(**options)
