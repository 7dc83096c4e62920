"""Pixel after pixel against enumeration."""

import itertools
import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.autoregressive import Autoregressive
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.independent_bernoulli import IndependentBernoulli
from aetrain.networks.pixelcnn import PixelCNNDecoder

CODE = 3


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def decoder(event: Sequence[int]) -> PixelCNNDecoder:
    """Return a network whose weights are so large that its pixels hang on one another."""
    shape = torch.Size(event)
    network = PixelCNNDecoder([torch.Size([CODE])], shape, channels=[4], features=4, depth=2)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(2.0)
    return network.double()


def made(event: Sequence[int], *batch: int) -> Autoregressive:
    """Return binary images (*batch, *event) given random codes."""
    network = decoder(event)
    z = torch.randn(math.prod(batch), CODE, dtype=torch.float64)

    def step(condition: Tensor, x: Tensor) -> Distribution:
        return IndependentBernoulli(network(condition, x), 3)

    return Autoregressive(step, network.condition(z), torch.Size(batch), torch.Size(event))


def all_images(event: Sequence[int]) -> Tensor:
    size = math.prod(event)
    rows = itertools.product([0.0, 1.0], repeat=size)
    return torch.tensor(list(rows), dtype=torch.float64).view(-1, *event)


@pytest.mark.parametrize("event", [(1, 2, 2), (1, 3, 3), (2, 2, 2), (3, 1, 2), (1, 1, 1)], ids=str)
def test_the_mass_of_all_images_is_one(event: tuple[int, ...]) -> None:
    p = made(event, 4)
    images = all_images(event)
    log_mass = p.log_prob(images.unsqueeze(1))
    assert log_mass.shape == (len(images), 4)
    torch.testing.assert_close(log_mass.logsumexp(0), torch.zeros(4, dtype=torch.float64))
    assert (log_mass.std(0) > 0.01).all() or math.prod(event) == 1


def test_the_mass_is_the_product_of_the_conditionals() -> None:
    p = made((1, 2, 2), 1)
    images = all_images((1, 2, 2))
    mass = p.log_prob(images).exp()
    conditional = torch.ones(len(images), dtype=torch.float64)
    for i in range(4):
        bits = images.flatten(1)
        for n, image in enumerate(bits):
            same = (bits[:, :i] == image[:i]).all(1)
            both = same & (bits[:, i] == image[i])
            conditional[n] *= mass[both].sum() / mass[same].sum()
    torch.testing.assert_close(conditional, mass)


@pytest.mark.parametrize("event", [(1, 2, 2), (2, 1, 2)], ids=str)
def test_the_draws_follow_the_mass(event: tuple[int, ...]) -> None:
    p, n = made(event, 1), 40_000
    x = p.sample((n,))
    assert x.shape == (n, 1, *event)
    place = (x.flatten(1) @ (2.0 ** torch.arange(3, -1, -1, dtype=x.dtype))).long()
    mass = p.log_prob(all_images(event)).exp().detach()
    found = torch.bincount(place, minlength=16) / n
    assert bool(((found - mass).abs() < 5 * (mass * (1 - mass) / n).sqrt()).all())
    # the pixels hang on one another: independent ones of the same means are far off
    means = (all_images(event).flatten(1) * mass[:, None]).sum(0)
    bits = all_images(event).flatten(1)
    independent = torch.where(bits == 1, means, 1 - means).prod(1)
    assert (independent - mass).abs().max() > 0.005


def test_each_example_is_drawn_from_its_own_condition() -> None:
    p, n = made((1, 2, 2), 2, 3), 20_000
    x = p.sample((n,))
    assert x.shape == (n, 2, 3, 1, 2, 2)
    images = all_images((1, 2, 2))
    mass = p.log_prob(images.view(16, 1, 1, 1, 2, 2)).exp().detach()
    means = (mass[..., None, None, None] * images.view(16, 1, 1, 1, 2, 2)).sum(0)
    assert (means.flatten(0, 1).std(0) > 0.005).any()
    error = (means * (1 - means) / n).sqrt()
    assert bool(((x.mean(0) - means).abs() < 5 * error).all())


def test_continuous_pixels_of_one_row() -> None:
    """x₁ ~ N(0, 1), xᵢ ~ N(½ xᵢ₋₁ + h, 1): a chain whose density and mean are known."""

    def step(condition: Tensor, x: Tensor) -> Distribution:
        before = torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1]], 1)
        loc = 0.5 * before + condition
        return DiagonalNormal(loc, torch.zeros_like(loc), 1)

    h = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    p = Autoregressive(step, h, torch.Size([2]), torch.Size([3]))
    a = torch.eye(3, dtype=torch.float64) - 0.5 * torch.diag(torch.ones(2).double(), -1)
    mean = torch.linalg.solve(a, h.expand(2, 3).T).T
    precision = a.T @ a
    joint = torch.distributions.MultivariateNormal(mean, precision_matrix=precision)
    x = torch.randn(7, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(p.log_prob(x), joint.log_prob(x))
    torch.testing.assert_close(p.mean, mean)  # exact where the means are linear
    draws = p.sample((40_000,))
    torch.testing.assert_close(draws.mean(0), mean, atol=0.03, rtol=0)
    covariance = draws[:, 1].T.cov()
    torch.testing.assert_close(covariance, torch.linalg.inv(precision), atol=0.05, rtol=0)


@pytest.mark.parametrize("batch", [(), (4,), (3, 4)], ids=str)
def test_shapes(batch: tuple[int, ...]) -> None:
    p = made((1, 2, 3), *batch)
    assert (p.batch_shape, p.event_shape) == (batch, (1, 2, 3))
    assert p.sample().shape == p.mean.shape == (*batch, 1, 2, 3)
    assert p.sample((2, 5)).shape == (2, 5, *batch, 1, 2, 3)
    x = p.sample((2,))
    assert not x.requires_grad
    assert p.log_prob(x).shape == (2, *batch)
    assert p.log_prob(x[0]).shape == batch
    assert p.log_prob(torch.zeros(1, 2, 3, dtype=torch.float64)).shape == batch
    rows = [p.log_prob(one) for one in x]
    torch.testing.assert_close(p.log_prob(x), torch.stack(rows))


def test_an_empty_batch() -> None:
    p = made((1, 2, 3), 0)
    assert p.sample().shape == (0, 1, 2, 3)
    assert p.log_prob(torch.zeros(0, 1, 2, 3, dtype=torch.float64)).shape == (0,)
