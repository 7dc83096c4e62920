"""Normals of full and of low-rank covariance, and their rates, against torch's."""

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import LowRankMultivariateNormal, MultivariateNormal, kl_divergence

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.full_normal import FullNormal
from aetrain.distributions.low_rank_normal import LowRankNormal
from aetrain.distributions.standard_normal import StandardNormal

D = 5


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def full(*batch: int) -> tuple[FullNormal, MultivariateNormal]:
    loc, log_diagonal = normal(*batch, D), normal(*batch, D)
    factor = normal(*batch, D, D).tril(-1) + log_diagonal.exp().diag_embed()
    ours = FullNormal(loc, factor, log_diagonal)
    return ours, MultivariateNormal(loc, scale_tril=factor)


def low_rank(*batch: int) -> tuple[LowRankNormal, MultivariateNormal]:
    loc, log_scale, w = normal(*batch, D), normal(*batch, D), normal(*batch, D, 2)
    scale = log_scale.exp()
    theirs = LowRankMultivariateNormal(loc, scale.unsqueeze(-1) * w, scale.square())
    ours = LowRankNormal(loc, log_scale, w)
    return ours, MultivariateNormal(loc, covariance_matrix=theirs.covariance_matrix)


def diagonal(*batch: int) -> tuple[DiagonalNormal, MultivariateNormal]:
    loc, log_scale = normal(*batch, D), normal(*batch, D)
    theirs = MultivariateNormal(loc, scale_tril=log_scale.exp().diag_embed())
    return DiagonalNormal(loc, log_scale, 1), theirs


def standard(*_: int) -> tuple[StandardNormal, MultivariateNormal]:
    zero = torch.zeros(D, dtype=torch.float64)
    return StandardNormal(zero, 1), MultivariateNormal(zero, torch.eye(D).double())


@pytest.mark.parametrize("kind", [full, low_rank])
@pytest.mark.parametrize("batch", [(), (4,), (3, 4)], ids=str)
def test_density_and_moments(kind: Any, batch: tuple[int, ...]) -> None:
    ours, theirs = kind(*batch)
    for z in (normal(D), normal(7, *batch, D), normal(2, 7, *batch, D), ours.sample((3,))):
        torch.testing.assert_close(ours.log_prob(z), theirs.log_prob(z))
    torch.testing.assert_close(ours.variance, theirs.variance)


@pytest.mark.parametrize("kind", [full, low_rank])
def test_draws_have_the_covariance(kind: Any) -> None:
    n = 100_000
    ours, theirs = kind(2)
    z = ours.sample((n,))
    # whitened they are standard normal, to four and a half standard errors
    noise = torch.linalg.solve_triangular(
        theirs.scale_tril, (z - ours.mean).unsqueeze(-1), upper=False
    )
    second = (noise * noise.mT).mean(0)
    expected = torch.eye(D).double().expand(2, D, D)
    assert ((second - expected).abs() < 4.5 * (2 / n) ** 0.5).all()


@pytest.mark.parametrize(
    ("q", "p"),
    [
        *itertools.product([full, diagonal, standard], [full]),
        *itertools.product([full, low_rank], [standard, diagonal]),
    ],
)
@pytest.mark.parametrize("batch", [(4,), ()], ids=str)
def test_rates(q: Any, p: Any, batch: tuple[int, ...]) -> None:
    (q, q_theirs), (p, p_theirs) = q(4), p(*batch)
    expected = kl_divergence(q_theirs, p_theirs)
    found = kl_divergence(q, p)
    torch.testing.assert_close(found.expand_as(expected), expected)


def test_nearly_dependent_columns_are_no_difference_of_squares() -> None:
    """In float32 the density of a strongly coupled normal keeps its digits."""
    w = torch.full((D, 2), 9.9) + 0.01 * torch.randn(D, 2)
    q = LowRankNormal(torch.zeros(D), torch.zeros(D), w)
    exact = LowRankNormal(torch.zeros(D).double(), torch.zeros(D).double(), w.double())
    z = q.sample((100,))
    expected = exact.log_prob(z.double())
    torch.testing.assert_close(q.log_prob(z).double(), expected, rtol=0, atol=2e-2)
