"""Covariances of codes against torch's own, and against many draws."""

import pytest
import torch
from torch import Tensor

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.full_normal import FullNormal
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.objectives.dip import covariance, dip_i, dip_ii
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from tests.objectives.toy import pass_of, terms_of

B, D = 7, 3


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def gaussian(samples: int = 1) -> tuple[Tensor, Tensor, Inference]:
    loc, log_scale = torch.randn(B, D).double(), 0.3 * torch.randn(B, D).double()
    q = DiagonalNormal(loc.requires_grad_(), log_scale.requires_grad_(), 1)
    return loc, log_scale, pass_of(q, StandardNormal(torch.zeros(D).double(), 1), samples)


def penalties(c: Tensor) -> tuple[Tensor, Tensor]:
    off = c[~torch.eye(D).bool()].square().sum()
    return off, (c.diagonal() - 1).square().sum()


def test_the_covariance_is_torchs() -> None:
    points = torch.randn(B, D).double()
    torch.testing.assert_close(covariance(points), torch.cov(points.T))
    assert torch.equal(covariance(points[:1]), torch.zeros(D, D).double())


def test_of_means() -> None:
    loc, _, inference = gaussian()
    terms = terms_of(dip_i, inference)
    for name, expected in zip(
        ("off_diagonal", "diagonal"), penalties(torch.cov(loc.T)), strict=True
    ):
        torch.testing.assert_close(terms[name], expected)
    for name, term in terms_of(elbo, inference).items():
        assert torch.equal(terms[name], term)


def test_of_codes_by_the_law_of_total_covariance() -> None:
    loc, log_scale, inference = gaussian()
    terms = terms_of(dip_ii, inference)
    c = torch.cov(loc.T) + (2 * log_scale).exp().mean(0).diag()
    for name, expected in zip(("off_diagonal", "diagonal"), penalties(c), strict=True):
        torch.testing.assert_close(terms[name], expected)


def test_many_draws_have_that_covariance() -> None:
    """One example many times: Cov(z) = Cov(z|x)."""
    n = 40_000
    factor = torch.tensor([[1.0, 0, 0], [0.5, 0.8, 0], [-0.3, 0.2, 0.6]]).double()
    log_diagonal = factor.diagonal().log()
    q = FullNormal(torch.zeros(n, D).double(), factor.expand(n, D, D), log_diagonal.expand(n, D))
    inference = pass_of(q, StandardNormal(torch.zeros(D).double(), 1))
    terms = terms_of(dip_ii, inference)
    for name, expected in zip(
        ("off_diagonal", "diagonal"), penalties(factor @ factor.T), strict=True
    ):
        torch.testing.assert_close(terms[name], expected, rtol=0.05, atol=0)


@pytest.mark.parametrize("objective", [dip_i, dip_ii])
def test_the_gradient_agrees_with_finite_differences(objective: object) -> None:
    loc, log_scale, inference = gaussian()

    def cost(loc: Tensor, log_scale: Tensor) -> Tensor:
        terms = terms_of(objective, inference._replace(q=DiagonalNormal(loc, log_scale, 1)))
        return terms["off_diagonal"] + terms["diagonal"]

    assert torch.autograd.gradcheck(cost, (loc, log_scale))


def test_codes_like_the_prior_cost_nothing() -> None:
    loc = torch.linalg.qr(torch.randn(B, D).double() - 0.0)[0]
    loc = loc - loc.mean(0)
    loc = loc @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(loc.T))).T
    q = DiagonalNormal(loc, torch.full((B, D), -20.0).double(), 1)
    terms = terms_of(dip_i, pass_of(q, StandardNormal(torch.zeros(D).double(), 1)))
    assert terms["off_diagonal"].item() == pytest.approx(0, abs=1e-20)
    assert terms["diagonal"].item() == pytest.approx(0, abs=1e-20)
