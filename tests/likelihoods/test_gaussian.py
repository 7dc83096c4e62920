import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed import HashStore  # pyright: ignore[reportPrivateImportUsage]

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.optimal_normal import OptimalNormal
from aetrain.errors import UserError
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.values import REAL


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("event", [(5,), (1, 8, 8), (3, 4, 6)], ids=str)
def test_the_constants_are_kept(event: tuple[int, ...]) -> None:
    mu = torch.randn(4, *event, dtype=torch.float64)
    expected = -math.prod(event) / 2 * math.log(2 * math.pi)
    log_prob = Gaussian(event)(mu).log_prob(mu)
    torch.testing.assert_close(log_prob, torch.full((4,), expected, dtype=torch.float64))


def test_a_learned_sigma_begins_near_one_and_stays_above_its_minimum() -> None:
    for sigma in ("shared", "per_dimension", "decoder"):
        family = Gaussian((3,), sigma=sigma, minimum=0.1)
        start = family(torch.zeros(family.parameter_shape)).stddev
        torch.testing.assert_close(start, torch.full((3,), 1.1))
    for raw in (-1e8, -1e4, 1e4, 1e8):
        d = Gaussian((1,), sigma="decoder", minimum=0.1)(torch.tensor([[0.0], [raw]]))
        assert 0.1 < d.stddev.item() < 0.1 + math.exp(8)


@pytest.mark.parametrize("sigma", ["shared", "optimal"])
def test_constant_data_do_not_drive_the_density_to_infinity(sigma: Any) -> None:
    family = Gaussian((10,), sigma=sigma)
    x = torch.full((1, 10), 0.5)
    mean = nn.Parameter(x.clone())
    optimizer = torch.optim.Adam([mean, *family.parameters()], lr=1.0)
    for _ in range(200):
        optimizer.zero_grad()
        (-family(mean).log_prob(x).mean()).backward()
        optimizer.step()
    bound = 10 * (math.log(255) - 0.5 * math.log(2 * math.pi))
    assert family(x).log_prob(x).item() < bound + 1e-4
    assert family.eval()(x).log_prob(x).item() < bound + 1e-4


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan])
def test_a_fixed_sigma_must_be_positive(sigma: float) -> None:
    with pytest.raises(UserError) as caught:
        Gaussian((5,), sigma=sigma)
    assert str(caught.value) == (
        f"likelihood.sigma={sigma}: a fixed scale must be above 0, such as 1.0"
    )


def test_the_words_for_sigma() -> None:
    with pytest.raises(UserError) as caught:
        Gaussian((5,), sigma="best")  # pyright: ignore[reportArgumentType]
    assert str(caught.value) == (
        "likelihood.sigma=best: choose a number above 0, or shared, per_dimension, decoder, optimal"
    )
    with pytest.raises(UserError) as caught:
        Gaussian((5,), sigma="shared", minimum=-0.5)
    assert str(caught.value) == "likelihood.minimum=-0.5: must be 0 or more, such as 0.004"


def test_support() -> None:
    assert Gaussian((1,)).support == REAL


# --- sigma=optimal ---


def optimal(minimum: float = 0.0) -> Gaussian:
    return Gaussian((6,), sigma="optimal", minimum=minimum).double()


def test_no_other_sigma_scores_the_batch_better() -> None:
    family, mu, x = optimal(), torch.randn(9, 6).double(), 3 * torch.randn(9, 6).double()
    best = family(mu).log_prob(x).sum()
    sigma = (x - mu).square().mean().sqrt()
    exact = DiagonalNormal(mu, sigma.log(), 1).log_prob(x).sum()
    torch.testing.assert_close(best, exact)
    # the profile likelihood: −N/2 (log 2π σ² + 1)
    torch.testing.assert_close(
        best, -0.5 * x.numel() * (torch.log(2 * math.pi * sigma.square()) + 1)
    )
    for factor in (0.9, 0.99, 1.01, 1.1):
        other = DiagonalNormal(mu, (factor * sigma).log(), 1).log_prob(x).sum()
        assert other < best


@pytest.mark.parametrize("minimum", [0.0, 100.0])
def test_the_gradient_is_that_of_the_formula_with_sigma_put_in(minimum: float) -> None:
    """σ is taken as a constant, but it is at its best, where its own share is zero."""
    mu, x = torch.randn(9, 6).double().requires_grad_(), torch.randn(9, 6).double()
    mean_square = (x - mu).square().mean().clamp_min(minimum**2)
    whole = DiagonalNormal(mu, 0.5 * mean_square.log(), 1).log_prob(x).mean()
    (expected,) = torch.autograd.grad(whole, mu)
    (found,) = torch.autograd.grad(optimal(minimum)(mu).log_prob(x).mean(), mu)
    torch.testing.assert_close(found, expected)


def test_evaluation_uses_an_average_over_the_steps() -> None:
    family, x = optimal(), torch.randn(64, 6).double()
    family.prepare(lambda n: 5 * torch.randn(n, 6).double())
    assert family.optimal is not None
    assert family.optimal.kept == pytest.approx(25, rel=0.1)
    for _ in range(1000):
        family(torch.zeros(64, 6).double()).log_prob(2 * x)
    expected = (2 * x).square().mean()
    torch.testing.assert_close(family.optimal.kept, expected, rtol=2e-3, atol=0)
    before = family.optimal.kept.clone()
    p = family.eval()(torch.zeros(64, 6).double())
    torch.testing.assert_close(p.log_prob(x)[:3], p.log_prob(x[:3].repeat(5, 1)[:, None])[:3, 0])
    assert torch.equal(family.optimal.kept, before)
    torch.testing.assert_close(p.variance, before.expand(64, 6))
    assert set(family.state_dict()) == {"optimal.kept"}
    assert not list(family.parameters())


def test_in_training_draws_and_variance_are_those_of_the_average() -> None:
    family = optimal()
    p = family(torch.zeros(20_000, 6).double())
    assert isinstance(p, OptimalNormal)
    assert p.variance.shape == (20_000, 6)
    assert p.sample().std().item() == pytest.approx(1, rel=0.02)


@pytest.fixture
def group() -> Iterator[None]:
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("group")
def test_processes_share_their_errors() -> None:
    x = torch.randn(9, 6).double()
    p = optimal()(torch.zeros(9, 6).double())
    best = -0.5 * x.numel() * (torch.log(2 * math.pi * x.square().mean()) + 1)
    torch.testing.assert_close(p.log_prob(x).sum(), best)
