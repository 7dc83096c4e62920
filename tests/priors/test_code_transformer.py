"""Against enumeration of all codes of a small map, and the Jacobian."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.priors.code_transformer import CodeTransformer

SMALL = {"width": 8, "heads": 2, "depth": 2}
EVENTS = [(2, 2, 1), (2, 1, 2), (4, 1), (1, 1, 1), (2, 2), (1, 3, 1)]
K = 3

every_event = pytest.mark.parametrize("event", EVENTS, ids=str)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def made(event: Sequence[int], codes: int = K, large: bool = True) -> CodeTransformer:
    """With weights so large that the indices hang on one another."""
    prior = CodeTransformer(event, codes, **SMALL).double()
    if large:
        with torch.no_grad():
            for parameter in prior.parameters():
                parameter.copy_(torch.randn_like(parameter))
    return prior


def every(event: Sequence[int], codes: int = K) -> Tensor:
    tokens = itertools.product(range(codes), repeat=math.prod(event))
    return torch.tensor(list(tokens)).view(-1, *event)


@every_event
def test_the_masses_sum_to_one(event: Sequence[int]) -> None:
    p = made(event)()
    assert (p.batch_shape, p.event_shape) == (torch.Size(), torch.Size(event))
    masses = p.log_prob(every(event)).exp()
    assert masses.sum().item() == pytest.approx(1.0, abs=1e-10)
    assert len(masses) == 1 or masses.max() > 2 * masses.min()


@every_event
def test_draws_have_those_masses(event: Sequence[int]) -> None:
    p, n = made(event, codes=2)(), 20_000
    codes = every(event, codes=2)
    masses = p.log_prob(codes).exp().detach()
    draws = p.sample((n,)).view(n, -1)
    shares = (draws.unsqueeze(1) == codes.view(len(codes), -1)).all(2).double().mean(0)
    assert shares.sum() == 1
    error = (masses * (1 - masses) / n).sqrt()
    assert ((shares - masses).abs() < 5 * error + 1e-12).all()


@every_event
def test_logits_hang_on_the_indices_before_and_on_no_other(event: Sequence[int]) -> None:
    """By the Jacobian; all indices differ, so each has a vector of its own in the table."""
    number = math.prod(event)
    prior, indices = made(event, codes=max(2, number)), torch.arange(number)
    logits = prior.logits(indices.unsqueeze(0))[0]
    rows = indices + prior.starts
    sees = torch.zeros(number, number, dtype=torch.bool)
    for t in range(number):
        for logit in logits[t]:
            (gradient,) = torch.autograd.grad(
                logit, prior.embedding, retain_graph=True, allow_unused=number == 1
            )
            if gradient is not None:
                sees[t] |= (gradient[rows] != 0).any(1)
    assert torch.equal(sees, torch.ones(number, number).tril(-1).bool())


@pytest.mark.parametrize(("event", "codes"), [((4, 4, 1), 512), ((2, 2, 4), 64), ((8, 1), 7)])
def test_it_begins_with_codes_that_are_as_good_as_equally_likely(event: Any, codes: int) -> None:
    prior = CodeTransformer(event, codes)
    rate = -prior().log_prob(torch.randint(codes, (50, *event)))
    of_each = rate / math.prod(event)
    torch.testing.assert_close(of_each, torch.full_like(rate, math.log(codes)), rtol=0, atol=0.02)


def test_it_learns_what_there_is_to_know() -> None:
    """Two equal rows: half of the entropy is left."""
    torch.manual_seed(1)
    prior = CodeTransformer((2, 2, 1), 4, width=16, heads=2, depth=1)
    optimizer = torch.optim.Adam(prior.parameters(), 1e-2)
    for _ in range(300):
        top = torch.randint(4, (64, 1, 2, 1))
        loss = -prior().log_prob(torch.cat([top, top], 1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() == pytest.approx(2 * math.log(4), abs=0.1)
    draws = prior().sample((200,))
    assert (draws[:, 0] == draws[:, 1]).float().mean() > 0.97


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "model.code_prior.width=0: must be at least 1"),
        ({"depth": 0}, "model.code_prior.depth=0: must be at least 1"),
        ({"heads": 0}, "model.code_prior.heads=0: must be at least 1"),
        ({"heads": 3}, "model.code_prior.heads=3: must divide model.code_prior.width=128"),
    ],
)
def test_what_it_refuses(options: dict, message: str) -> None:
    with pytest.raises(UserError) as caught:
        CodeTransformer((2, 2, 1), K, **options)
    assert str(caught.value) == message
