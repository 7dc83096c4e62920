"""log p(x) by importance sampling, on a model whose evidence is known: x = W z + b + σ ε."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, MultivariateNormal, Normal

from aetrain.errors import UserError
from aetrain.evaluation.importance import log_evidence

D, LATENT, SIGMA = 8, 2, 0.5
G = torch.Generator().manual_seed(0)
W = torch.randn(D, LATENT, dtype=torch.float64, generator=G)
B = torch.randn(D, dtype=torch.float64, generator=G)
Z = torch.randn(6, LATENT, dtype=torch.float64, generator=G)
X = Z @ W.T + B + SIGMA * torch.randn(6, D, dtype=torch.float64, generator=G)
M = W.T @ W + SIGMA**2 * torch.eye(LATENT, dtype=torch.float64)
ONE = torch.ones(LATENT, dtype=torch.float64)
PRIOR = Independent(Normal(0 * ONE, ONE), 1)
EVIDENCE = MultivariateNormal(B, W @ W.T + SIGMA**2 * torch.eye(D, dtype=torch.float64)).log_prob(X)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def decode(z: Tensor) -> Distribution:
    return Independent(Normal(z @ W.T + B, SIGMA), 1)


def posterior(x: Tensor) -> Distribution:
    """The exact q(z|x)."""
    mean = torch.linalg.solve(M, W.T @ (x - B).T).T
    return MultivariateNormal(mean, SIGMA**2 * torch.linalg.inv(M))


def wide(x: Tensor) -> Distribution:
    """A wrong one, that is wider than the exact one and off its mean."""
    exact = posterior(x)
    return Independent(Normal(exact.mean + 0.3, 1.5 * exact.variance.sqrt()), 1)


def estimates(
    encode: Callable[[Tensor], Distribution], samples: int, times: int, rows: int = 10_000
) -> Tensor:
    """Return independent estimates, (times, B)."""
    x = X.repeat(times, 1)
    return log_evidence(encode, decode, PRIOR, x, samples, rows).view(times, len(X))


def test_pieces_that_do_not_fit_are_halved() -> None:
    sizes = []

    def small(z: Tensor) -> Distribution:
        sizes.append(len(z))
        if len(z) > 3:
            raise torch.OutOfMemoryError
        return decode(z)

    estimate = log_evidence(posterior, small, PRIOR, X, 11, rows=10_000)
    torch.testing.assert_close(estimate, log_evidence(posterior, decode, PRIOR, X, 11))
    assert sizes == [11, 5, 2, 2, 2, 2, 2, 1]


@pytest.mark.parametrize("samples", [1, 2, 7, 100])
@pytest.mark.parametrize("rows", [1, 13, 10_000])
def test_with_the_exact_posterior_every_estimate_is_exact(samples: int, rows: int) -> None:
    estimate = log_evidence(posterior, decode, PRIOR, X, samples, rows)
    torch.testing.assert_close(estimate, EVIDENCE, rtol=0, atol=1e-10)


def test_the_bound_rises_with_the_samples_and_stays_below() -> None:
    bounds: list[Tensor] = []
    for samples in (1, 5, 50, 500):
        draws = estimates(wide, samples, times=max(200, 4000 // samples)).mean(1)
        error = draws.std() / math.sqrt(len(draws))
        assert draws.mean() < EVIDENCE.mean() + 4 * error
        bounds.append(draws.mean())
    gaps = EVIDENCE.mean() - torch.stack(bounds)
    assert (gaps.diff() < 0).all()
    assert gaps[0] > 0.5
    assert gaps[-1].abs() < 0.03


def test_one_sample_is_the_elbo() -> None:
    """E log w = −distortion − rate, both in closed form for Gaussians."""
    q = wide(X)
    assert isinstance(q, Independent)
    mu, s = q.base_dist.mean, q.base_dist.stddev
    squares = (X - mu @ W.T - B).square().sum(1) + (s**2 * W.square().sum(0)).sum(1)
    distortion = 0.5 * (squares / SIGMA**2 + D * math.log(2 * math.pi * SIGMA**2))
    rate = 0.5 * (mu**2 + s**2 - 1 - 2 * s.log()).sum(1)
    draws = estimates(wide, 1, times=20_000)
    error = draws.std(0) / math.sqrt(len(draws))
    assert ((draws.mean(0) + distortion + rate).abs() < 4 * error).all()


def test_one_sample_is_the_sampled_elbo_bit_for_bit() -> None:
    torch.manual_seed(5)
    estimate = log_evidence(wide, decode, PRIOR, X, 1)
    torch.manual_seed(5)
    q = wide(X)
    z = q.sample((1,))
    log_w = decode(z).log_prob(X) + PRIOR.log_prob(z) - q.log_prob(z)
    torch.testing.assert_close(estimate, log_w[0], rtol=0, atol=1e-13)


def test_the_gap_is_half_the_variance_of_the_weights_over_k() -> None:
    """log p − E L_K ≈ Var(w / E w) / 2K (Domke and Sheldon 2018)."""
    k = 50
    q = wide(X)
    z = q.sample((200_000,))
    log_w = decode(z).log_prob(X) + PRIOR.log_prob(z) - q.log_prob(z) - EVIDENCE
    predicted = (log_w.exp().var(0) / (2 * k)).mean()
    gap = EVIDENCE - estimates(wide, k, times=4000)
    error = gap.mean(1).std() / math.sqrt(len(gap))
    assert abs(gap.mean() - predicted) < 4 * error + 0.1 * predicted


@pytest.mark.parametrize("rows", [1, 600, 1800, 100_000])
def test_chunks_change_nothing_but_the_memory(rows: int) -> None:
    times = 400
    draws = estimates(wide, 8, times=times, rows=rows).mean(1)
    other = estimates(wide, 8, times=times, rows=times * len(X) * 8).mean(1)
    error = math.sqrt((draws.var() + other.var()).item() / times)
    assert abs((draws.mean() - other.mean()).item()) < 4 * error


@pytest.mark.parametrize(
    ("samples", "rows", "chunks"),
    [(10, 1000, [10]), (10, 24, [4, 4, 2]), (3, 1, [1, 1, 1]), (10, 60, [10])],
    ids=str,
)
def test_the_rows_held_at_a_time_are_bounded(samples: int, rows: int, chunks: list[int]) -> None:
    seen: list[int] = []

    def watched(z: Tensor) -> Distribution:
        assert z.shape[1:] == (len(X), LATENT)
        seen.append(len(z))
        return decode(z)

    log_evidence(posterior, watched, PRIOR, X, samples, rows)
    assert seen == chunks


def test_examples_do_not_mix() -> None:
    torch.manual_seed(1)
    far = torch.cat([X[:3], X[3:] + 50.0])
    estimate = log_evidence(posterior, decode, PRIOR, far, 20)
    torch.testing.assert_close(estimate[:3], EVIDENCE[:3], rtol=0, atol=1e-9)


def test_weights_beyond_the_range_of_exp() -> None:
    """log w of −10⁵ and less: the sum is taken of logarithms."""
    far = X + 1000.0
    joint = MultivariateNormal(B, W @ W.T + SIGMA**2 * torch.eye(D, dtype=torch.float64))
    estimate = log_evidence(posterior, decode, PRIOR, far, 20, rows=12)
    assert (estimate < -1e5).all()
    torch.testing.assert_close(estimate, joint.log_prob(far), rtol=1e-9, atol=0)


@pytest.mark.parametrize("samples", [0, -1])
def test_there_must_be_a_sample(samples: int) -> None:
    with pytest.raises(UserError) as caught:
        log_evidence(posterior, decode, PRIOR, X, samples)
    assert str(caught.value) == f"samples={samples}: log p(x) needs at least 1"


def test_no_gradient() -> None:
    leaf = W.clone().requires_grad_()
    estimate = log_evidence(
        posterior, lambda z: Independent(Normal(z @ leaf.T + B, SIGMA), 1), PRIOR, X, 3
    )
    assert not estimate.requires_grad
