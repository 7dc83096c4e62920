import itertools
import math

import torch

from aetrain.likelihoods.bernoulli import Bernoulli
from aetrain.values import BINARY, UNIT


def test_uniform_pixels_cost_their_entropy() -> None:
    """A Bernoulli of 1/2 on 784 pixels is 784 log 2 = 543.43 nats."""
    x = torch.rand(3, 1, 28, 28, dtype=torch.float64).round()
    cost = -Bernoulli((1, 28, 28))(torch.zeros_like(x)).log_prob(x)
    torch.testing.assert_close(cost, torch.full((3,), 784 * math.log(2), dtype=torch.float64))


def test_a_grey_value_costs_its_expected_binarisation() -> None:
    raw, grey = torch.randn(5, dtype=torch.float64), torch.rand(5, dtype=torch.float64)
    d = Bernoulli((5,), grey=True)(raw)
    events = torch.tensor(list(itertools.product([0.0, 1.0], repeat=5)), dtype=torch.float64)
    mass = torch.where(events == 1, grey, 1 - grey).prod(1)
    torch.testing.assert_close(d.log_prob(grey), (mass * d.log_prob(events)).sum())


def test_support() -> None:
    assert Bernoulli((1,)).support == Bernoulli.support == BINARY
    assert Bernoulli((1,), grey=True).support == UNIT


def test_it_shows_its_event() -> None:
    assert repr(Bernoulli((1, 8, 8))) == "Bernoulli(event=(1, 8, 8))"
