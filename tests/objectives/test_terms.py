from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.objectives.terms import OfMean, Weighted, batch_mean, weighted
from aetrain.world import World


class FakeWorld:
    """One of several processes; `sum` gives what all of them have together."""

    def __init__(self, size: int, total: Tensor) -> None:
        self.size, self.total = size, total

    def sum(self, x: Tensor) -> Tensor:
        return self.total.clone()


def world(size: int, total: float = 0.0) -> Any:
    return FakeWorld(size, torch.tensor(total, dtype=torch.float64))


@pytest.fixture
def cost() -> Tensor:
    return torch.randn(10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def weight() -> Tensor:
    return torch.rand(10, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_alone_it_is_the_mean(cost: Tensor) -> None:
    torch.testing.assert_close(batch_mean(cost, 10, World()), cost.mean())


@pytest.mark.parametrize("split", [[5, 5], [7, 3], [10, 0], [1, 2, 7]], ids=str)
def test_shares_add_up_to_the_mean_of_all(cost: Tensor, split: list[int]) -> None:
    shares = [batch_mean(part, 10, world(len(split))) for part in cost.split(split)]
    torch.testing.assert_close(torch.stack(shares).sum(), cost.mean())


def test_weighted(cost: Tensor, weight: Tensor) -> None:
    mean = batch_mean(Weighted(cost, weight), 10, World())
    torch.testing.assert_close(mean, (cost * weight).sum() / weight.sum())
    ones = Weighted(cost, torch.ones_like(weight))
    torch.testing.assert_close(batch_mean(ones, 10, World()), cost.mean())


@pytest.mark.parametrize("split", [[5, 5], [7, 3], [10, 0], [1, 2, 7]], ids=str)
def test_weighted_shares_are_a_ratio_of_sums(
    cost: Tensor, weight: Tensor, split: list[int]
) -> None:
    everyone = world(len(split), weight.sum().item())
    parts = list(zip(cost.split(split), weight.split(split), strict=True))
    shares = [batch_mean(Weighted(c, w), 10, everyone) for c, w in parts]
    expected = (cost * weight).sum() / weight.sum()
    torch.testing.assert_close(torch.stack(shares).sum(), expected)
    if split == [7, 3]:
        ratios = torch.stack([(c * w).sum() / w.sum() for c, w in parts])
        assert (ratios.mean() - expected).abs() > 1e-3


def test_what_weighs_nothing_does_not_count(cost: Tensor) -> None:
    mask = (torch.arange(10) < 4).double()
    torch.testing.assert_close(batch_mean(Weighted(cost, mask), 10, World()), cost[:4].mean())


def test_a_batch_that_weighs_nothing_costs_nothing(cost: Tensor) -> None:
    cost.requires_grad_()
    mean = batch_mean(Weighted(cost, torch.zeros(10, dtype=torch.float64)), 10, World())
    assert mean == 0
    mean.backward()
    assert cost.grad is not None
    assert (cost.grad == 0).all()


def test_a_statistic_of_the_batch_is_shared_out() -> None:
    statistic = torch.tensor(3.0)
    assert batch_mean(statistic, 10, World()) == 3
    assert sum(batch_mean(statistic, 10, world(3)) for _ in range(3)) == 3


def test_gradients(cost: Tensor, weight: Tensor) -> None:
    cost.requires_grad_()
    (mean,) = torch.autograd.grad(batch_mean(cost, 10, World()), cost)
    torch.testing.assert_close(mean, torch.full_like(cost, 0.1))
    (weighted,) = torch.autograd.grad(batch_mean(Weighted(cost, weight), 10, World()), cost)
    torch.testing.assert_close(weighted, weight / weight.sum())


# --- of a mean ---


class Meeting:
    """Processes that meet in this one: each `sum` adds what was foreseen of the others."""

    def __init__(self, size: int, *others: Tensor) -> None:
        self.size, self.others = size, list(others)

    def sum(self, x: Tensor) -> Tensor:
        return x.detach() + self.others.pop(0)


def bent(mean: Tensor) -> Tensor:
    return (mean.exp() * mean.flip(0)).sum()


@pytest.fixture
def values() -> Tensor:
    draws = torch.Generator().manual_seed(2)
    return torch.randn(10, 3, dtype=torch.float64, generator=draws).requires_grad_()


def test_the_cost_of_a_mean(values: Tensor, weight: Tensor) -> None:
    assert batch_mean(OfMean(values, bent), 10, World()) == bent(values.mean(0))
    found = batch_mean(OfMean(values, bent, weight), 10, World())
    torch.testing.assert_close(found, bent((values * weight[:, None]).sum(0) / weight.sum()))
    nothing = batch_mean(OfMean(values, bent, torch.zeros_like(weight)), 10, World())
    assert nothing == bent(torch.zeros(3, dtype=torch.float64))


@pytest.mark.parametrize("split", [[5, 5], [7, 3], [10, 0], [1, 2, 7]], ids=str)
@pytest.mark.parametrize("by_weight", [False, True])
def test_shares_of_the_cost_of_a_mean_add_up_with_their_gradients(
    values: Tensor, weight: Tensor, split: list[int], by_weight: bool
) -> None:
    w = weight if by_weight else torch.ones_like(weight)
    whole = bent((values * w[:, None]).sum(0) / w.sum())
    (expected,) = torch.autograd.grad(whole, values)
    shares, gradients, n = [], [], len(split)
    parts = list(zip(values.split(split), w.split(split), strict=True))
    total = w.sum() if by_weight else 10
    for r, (v, own) in enumerate(parts):
        others = [p for i, p in enumerate(parts) if i != r]
        rest = torch.stack([(u * o[:, None]).sum(0) for u, o in others]).sum(0).detach() / total
        of_weights = torch.stack([o.sum() for _, o in others]).sum()
        met: Any = Meeting(n, of_weights, rest) if by_weight else Meeting(n, rest)
        term = OfMean(v, bent, own if by_weight else None)
        shares.append(batch_mean(term, 10, met))
        (gradient,) = torch.autograd.grad(shares[-1], v)
        gradients.append(gradient)
    torch.testing.assert_close(torch.stack(shares).sum(), whole)
    torch.testing.assert_close(torch.cat(gradients), expected)


def test_examples_may_weigh(cost: Tensor, values: Tensor, weight: Tensor) -> None:
    """Whatever the kind of term; twice is the product."""
    expected = (cost * weight).sum() / weight.sum()
    torch.testing.assert_close(batch_mean(weighted(cost, weight), 10, World()), expected)
    square = weight**2
    for term in (cost, Weighted(cost, torch.ones_like(weight))):
        twice = weighted(weighted(term, weight), weight)
        expected = (cost * square).sum() / square.sum()
        torch.testing.assert_close(batch_mean(twice, 10, World()), expected)
    twice = weighted(weighted(OfMean(values, bent), weight), weight)
    expected = bent((values * square[:, None]).sum(0) / square.sum())
    torch.testing.assert_close(batch_mean(twice, 10, World()), expected)
    statistic = cost.sum()
    assert weighted(statistic, weight) is statistic
