"""The mixture of normals against torch's own, which does not expand the squares."""

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from aetrain.distributions.normal_mixture import NormalMixture


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def parameters(log_scale: float, k: int = 7, d: int = 5) -> list[Tensor]:
    """Return means, log scales around one value, and logits, in float64."""
    loc = 3 * torch.randn(k, d, dtype=torch.float64)
    return [loc, log_scale + 0.3 * torch.randn_like(loc), torch.randn(k, dtype=torch.float64)]


def torchs(loc: Tensor, log_scale: Tensor, logits: Tensor) -> MixtureSameFamily:
    parts = Independent(Normal(loc, log_scale.exp()), 1)
    return MixtureSameFamily(Categorical(logits=logits), parts)


def near(loc: Tensor, log_scale: Tensor, *shape: int) -> Tensor:
    """Return points within a few scales of the means."""
    k = torch.randint(len(loc), shape)
    return loc[k] + log_scale[k].exp() * torch.randn(*shape, loc.shape[1], dtype=loc.dtype)


@pytest.mark.parametrize("log_scale", [2.0, 0.0, -6.9], ids="scale=exp({})".format)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_density_and_gradients_are_torchs(log_scale: float, dtype: torch.dtype) -> None:
    """In float32 as exact as the float64 density of the same rounded numbers."""
    own = [p.to(dtype).requires_grad_() for p in parameters(log_scale)]
    z = near(own[0].detach(), own[1].detach(), 4, 6).requires_grad_()
    theirs = [p.detach().double().requires_grad_() for p in (*own, z)]
    log_prob, expected = NormalMixture(*own).log_prob(z), torchs(*theirs[:3]).log_prob(theirs[3])
    tolerance = 1e-5 if dtype == torch.float32 else 1e-7
    assert log_prob.dtype == dtype
    torch.testing.assert_close(log_prob.double(), expected, rtol=tolerance, atol=tolerance)
    gradients = torch.autograd.grad(log_prob.sum(), [*own, z])
    for g, e in zip(gradients, torch.autograd.grad(expected.sum(), theirs), strict=True):
        torch.testing.assert_close(g.double(), e, rtol=tolerance, atol=tolerance)


def test_finite_differences() -> None:
    own = [p.requires_grad_() for p in parameters(0.0, 3, 2)]
    z = torch.randn(4, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z, *p: NormalMixture(*p).log_prob(z), (z, *own))
    assert torch.autograd.gradcheck(lambda z, *p: NormalMixture(*p).responsibilities(z), (z, *own))


def test_moments_and_shapes() -> None:
    own = parameters(-0.5)
    mine, theirs = NormalMixture(*own), torchs(*own)
    assert (mine.batch_shape, mine.event_shape) == ((), (5,))
    torch.testing.assert_close(mine.mean, theirs.mean)
    torch.testing.assert_close(mine.variance, theirs.variance)
    z = mine.sample((50_000,))
    assert mine.sample().shape == (5,)
    assert mine.sample((2, 3)).shape == (2, 3, 5)
    assert ((z.mean(0) - mine.mean).abs() < 5 * (mine.variance / len(z)).sqrt()).all()
    torch.testing.assert_close(z.var(0), mine.variance, rtol=0.05, atol=0)


def test_responsibilities_are_shares_of_the_density() -> None:
    loc, log_scale, logits = parameters(0.0)
    z = near(loc, log_scale, 3, 4)
    parts = Independent(Normal(loc, log_scale.exp()), 1).log_prob(z.unsqueeze(-2))
    expected = (logits.log_softmax(-1) + parts).softmax(-1)
    torch.testing.assert_close(NormalMixture(loc, log_scale, logits).responsibilities(z), expected)


def test_draws_are_differentiable_but_for_the_weights() -> None:
    loc, log_scale, logits = (p.requires_grad_() for p in parameters(0.0))
    assert not NormalMixture(loc, log_scale, logits).has_rsample
    d = NormalMixture(loc, log_scale, logits.detach())
    assert d.has_rsample
    gradient = torch.autograd.grad(d.rsample((1000,)).sum(), loc)[0]
    shares = gradient[:, 0] / 1000  # each draw moves with the mean of its own component
    torch.testing.assert_close(shares, d.weights, rtol=0, atol=0.06)
    assert not d.sample().requires_grad
