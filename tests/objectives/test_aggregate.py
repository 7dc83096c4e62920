"""Both estimates of the aggregate posterior against all batches that there are."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from aetrain.objectives.aggregate import Estimator, minibatch_weighted, stratified

N = 6
ESTIMATORS = [minibatch_weighted, stratified]


def density() -> Tensor:
    """Return q(zᵢ|xⱼ), (N, N), of points drawn from N Gaussians."""
    torch.manual_seed(0)
    loc, scale = torch.randn(2, N).double()
    q = torch.distributions.Normal(loc, scale.exp())
    return q.log_prob(q.sample().unsqueeze(1)).exp()


def weights(estimator: Estimator, batch: int, examples: int = N) -> Tensor:
    return estimator(batch, torch.tensor(examples).double()).exp()


@pytest.mark.parametrize("batch", [2, 3, 5, 6])
def test_the_stratified_sum_is_unbiased(batch: int) -> None:
    """The mean over all batches that hold an example is q(z) at its draw, to rounding error."""
    q = density()
    w = weights(stratified, batch)
    for i in range(N):
        others = [j for j in range(N) if j != i]
        found = [
            (w[0] * q[i, [i, *rest]]).sum() for rest in itertools.combinations(others, batch - 1)
        ]
        torch.testing.assert_close(torch.stack(found).mean(), q[i].mean(), rtol=1e-13, atol=0)


@pytest.mark.parametrize("batch", [1, 2, 5, 6])
def test_every_row_of_the_stratified_weights_sums_to_one(batch: int) -> None:
    w = weights(stratified, batch)
    torch.testing.assert_close(w.sum(1), torch.ones(batch).double(), rtol=1e-14, atol=0)
    assert (w > 0).all()


def test_the_whole_data_set_is_exact() -> None:
    torch.testing.assert_close(weights(stratified, N), torch.full((N, N), 1 / N).double())


def test_the_papers_own_weights_are_unbiased_with_more_noise() -> None:
    """1/N, then 1/M (M − 1 times), then (N − M) / (N M), a batch being M + 1."""
    q, m = density(), 3
    own = torch.tensor([1 / N, *[1 / m] * (m - 1), (N - m) / (N * m)], dtype=torch.float64)
    ours = weights(stratified, m + 1)[0]
    for i in range(N):
        others = [j for j in range(N) if j != i]
        rows = torch.stack([q[i, [i, *rest]] for rest in itertools.permutations(others, m)])
        theirs, mine = rows @ own, rows @ ours
        torch.testing.assert_close(theirs.mean(), q[i].mean(), rtol=1e-13, atol=0)
        assert mine.var() < theirs.var()


@pytest.mark.parametrize("batch", [1, 3, 6])
def test_minibatch_weights(batch: int) -> None:
    w = weights(minibatch_weighted, batch)
    torch.testing.assert_close(w, torch.full((batch, batch), 1 / (N * batch)).double())


def test_the_whole_data_set_by_minibatch_weights_is_off_by_log_n() -> None:
    q, w = density(), weights(minibatch_weighted, N)
    exact = q.mean(1).log()
    torch.testing.assert_close((w * q).sum(1).log(), exact - math.log(N))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_many_examples_in_single_precision(estimator: Estimator) -> None:
    found = estimator(64, torch.tensor(1_000_000.0))
    expected = estimator(64, torch.tensor(1_000_000.0).double())
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), expected, rtol=1e-6, atol=0)
