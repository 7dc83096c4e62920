"""Relaxed classes against torch's, and the classes that they round to."""

import pytest
import torch
from scipy import stats
from torch.distributions import RelaxedOneHotCategorical

from aetrain.distributions.relaxed_one_hot import RelaxedOneHot


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("temperature", [0.3, 0.67, 1.0, 2.0])
def test_log_prob_is_torchs(temperature: float) -> None:
    logits = torch.randn(4, 3, 5, dtype=torch.float64)
    q = RelaxedOneHot(logits, temperature)
    z = q.sample((2,))
    t = torch.tensor(temperature, dtype=torch.float64)
    theirs = RelaxedOneHotCategorical(t, logits=logits).log_prob(z.unflatten(-1, (3, 5)))
    torch.testing.assert_close(q.log_prob(z), theirs.sum(-1))


@pytest.mark.parametrize("temperature", [0.1, 0.67, 2.0])
def test_the_greatest_entry_is_a_class_of_its_probability(temperature: float) -> None:
    n = 20_000
    logits = torch.randn(2, 5)
    z = RelaxedOneHot(logits, temperature).sample((n,)).unflatten(-1, (2, 5))
    torch.testing.assert_close(z.sum(-1), torch.ones(n, 2))
    for v in range(2):
        counts = z[:, v].argmax(-1).bincount(minlength=5)
        expected = logits[v].double().softmax(-1) * n
        assert stats.chisquare(counts, expected).pvalue > 1e-3


def test_a_ratio_of_two_entries_is_logistic() -> None:
    z = RelaxedOneHot(torch.zeros(1, 4, dtype=torch.float64), 0.67).sample((20_000,))
    assert stats.kstest(0.67 * (z[:, 0] / z[:, 1]).log(), stats.logistic.cdf).pvalue > 1e-3


@pytest.mark.parametrize("temperature", [0.01, 0.1, 0.67])
def test_corners_have_a_finite_density_and_gradient(temperature: float) -> None:
    logits = torch.tensor([[-10.0, 0.0, 10.0]]).expand(500, 1, 3).clone().requires_grad_()
    q = RelaxedOneHot(logits, temperature)
    z = q.rsample((2,))
    log_prob = q.log_prob(z)
    log_prob.sum().backward()
    assert log_prob.isfinite().all()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    p = RelaxedOneHot(torch.zeros(1, 3), 0.5)
    assert p.log_prob(z).isfinite().all()


def test_a_constant_added_to_the_logits_changes_nothing() -> None:
    logits = torch.randn(3, 2, 4, dtype=torch.float64)
    q, moved = RelaxedOneHot(logits, 0.5), RelaxedOneHot(logits + 7, 0.5)
    z = q.sample()
    torch.testing.assert_close(q.log_prob(z), moved.log_prob(z))
    torch.testing.assert_close(q.mean, moved.mean)
