"""The mixture of normals with full covariances against torch's own, which solves for each point."""

import pytest
import torch
from torch import Tensor
from torch.distributions import (
    Categorical,
    Independent,
    MixtureSameFamily,
    MultivariateNormal,
    Normal,
    kl_divergence,
)

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.full_normal_mixture import FullNormalMixture
from aetrain.distributions.normal_mixture import NormalMixture

K, D = 4, 3


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def parameters() -> list[Tensor]:
    """Return means, whitenings, log σ, and logits, in float64."""
    log_scale = 0.5 * torch.randn(K, D).double()
    whitening = torch.randn(K, D, D).double().tril(-1) + (-log_scale).exp().diag_embed()
    return [2 * torch.randn(K, D).double(), whitening, log_scale, torch.randn(K).double()]


def part(loc: Tensor, whitening: Tensor) -> MultivariateNormal:
    return MultivariateNormal(loc, precision_matrix=whitening.mT @ whitening)


def torchs(loc: Tensor, whitening: Tensor, _: Tensor, logits: Tensor) -> MixtureSameFamily:
    parts = part(loc, whitening)
    return MixtureSameFamily(Categorical(logits=logits), parts)


def test_density_gradients_and_moments_are_torchs() -> None:
    own = [p.requires_grad_() for p in parameters()]
    mine, theirs = FullNormalMixture(*own), torchs(*own)
    z = 2 * torch.randn(2, 5, D).double()
    torch.testing.assert_close(mine.log_prob(z), theirs.log_prob(z))
    wanted = [own[0], own[3], own[1]]
    gradients = torch.autograd.grad(mine.log_prob(z).sum(), wanted)
    expected = torch.autograd.grad(theirs.log_prob(z).sum(), wanted)
    for g, e in zip(gradients[:2], expected[:2], strict=True):
        torch.testing.assert_close(g, e)
    # its matrix holds the diagonal too, which is given apart here
    torch.testing.assert_close(gradients[2].tril(-1), expected[2].tril(-1))
    torch.testing.assert_close(mine.mean, theirs.mean)
    torch.testing.assert_close(mine.variance, theirs.variance)


def test_responsibilities_are_shares_of_the_density() -> None:
    own = parameters()
    mine, theirs = FullNormalMixture(*own), torchs(*own)
    z = torch.randn(7, D).double()
    parts = theirs.component_distribution.log_prob(z.unsqueeze(-2))
    expected = (parts + own[3].log_softmax(-1)).softmax(-1)
    torch.testing.assert_close(mine.responsibilities(z), expected)
    torch.testing.assert_close(mine.log_responsibilities(z), expected.log())


@pytest.mark.parametrize("full", [True, False])
def test_divergences_of_the_parts_are_torchs(full: bool) -> None:
    loc, whitening, log_scale, logits = parameters()
    q = DiagonalNormal(torch.randn(2, 5, D).double(), torch.randn(2, 5, D).double(), 1)
    torchs_q = Independent(Normal(q.loc.unsqueeze(-2), q.scale.unsqueeze(-2)), 1)
    if full:
        mine = FullNormalMixture(loc, whitening, log_scale, logits).divergences(q)
        covariance = torchs_q.variance.diag_embed().expand(2, 5, K, D, D)
        aslant = MultivariateNormal(q.loc.unsqueeze(-2).expand(2, 5, K, D), covariance)
        expected = kl_divergence(aslant, part(loc, whitening))
    else:
        mine = NormalMixture(loc, log_scale, logits).divergences(q)
        expected = kl_divergence(torchs_q, Independent(Normal(loc, log_scale.exp()), 1))
    torch.testing.assert_close(mine, expected)


def test_draws_have_its_moments_and_pass_gradients() -> None:
    own = [p.requires_grad_() for p in parameters()]
    assert not FullNormalMixture(*own).has_rsample
    mine = FullNormalMixture(*own[:3], own[3].detach())
    assert mine.has_rsample
    assert mine.sample().shape == (D,)
    z = mine.rsample((50_000,))
    assert ((z.mean(0) - mine.mean).abs() < 5 * (mine.variance / len(z)).sqrt()).all()
    torch.testing.assert_close(z.var(0), mine.variance, rtol=0.05, atol=0)
    assert all(g.any() for g in torch.autograd.grad(z.sum(), own[:2]))


def test_nothing_is_computed_in_half_precision() -> None:
    own = [p.float() for p in parameters()]
    q = DiagonalNormal(torch.randn(5, D), torch.randn(5, D), 1)
    mine = FullNormalMixture(*own)
    with torch.autocast("cpu", torch.bfloat16):
        found = FullNormalMixture(*own).divergences(q), FullNormalMixture(*own).log_prob(q.loc)
    torch.testing.assert_close(found, (mine.divergences(q), mine.log_prob(q.loc)))
