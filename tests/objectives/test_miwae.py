"""Groups of samples: which axis is which is pinned down with M ≠ K."""

import itertools
import math

import pytest
import torch

from aetrain.errors import UserError
from aetrain.objectives.iwae import iwae
from aetrain.objectives.log_weights import log_weights
from aetrain.objectives.miwae import miwae
from tests.objectives.test_iwae import sampled_elbo
from tests.objectives.toy import B, Linear, gradients, moments, terms_of

M, K = 2, 5


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_by_hand() -> None:
    inference = Linear().infer(M * K)
    log_w, _ = log_weights(inference)
    found = terms_of(miwae, inference, groups=M)["miwae"]
    for i in range(B):
        bounds = [
            math.log(sum(math.exp(log_w[m * K + k, i].item()) for k in range(K)) / K)
            for m in range(M)
        ]
        assert found[i].item() == pytest.approx(-sum(bounds) / M, rel=1e-12)


def test_one_group_is_iwae_of_all_samples() -> None:
    inference = Linear().infer(M * K)
    one, other = terms_of(miwae, inference, groups=1), terms_of(iwae, inference)
    assert torch.equal(one["miwae"], other["iwae"])


def test_groups_of_one_are_the_elbo_of_all_samples() -> None:
    inference = Linear().infer(M * K)
    found = terms_of(miwae, inference, groups=M * K)["miwae"]
    torch.testing.assert_close(found, sampled_elbo(inference), rtol=1e-13, atol=1e-13)


def test_the_mean_is_iwaes_of_k_not_of_m() -> None:
    """M groups of K have the mean of L_K; with the axes swapped it would be that of L_M."""
    n = 4000
    toy = Linear().repeated(n)

    def costs(term: torch.Tensor) -> torch.Tensor:
        return term.view(n, B)

    with torch.no_grad():
        groups = costs(terms_of(miwae, toy.infer(M * K), groups=M)["miwae"])
        of = {k: moments(costs(terms_of(iwae, toy.infer(k))["iwae"])) for k in (M, K)}
    found = moments(groups)
    for k, bound in of.items():
        distance = (found.mean - bound.mean).abs() / (found.error**2 + bound.error**2).sqrt()
        assert (distance < 4.5).all() == (k == K), k


def test_a_groups_gradient_stays_within_it() -> None:
    """Each sample's weight is its share of its own group."""
    toy = Linear()
    inference = toy.infer(M * K)
    log_w, _ = log_weights(inference)
    log_w = log_w.detach()
    (found,) = gradients(terms_of(miwae, inference, groups=M)["miwae"], [toy.b])
    expected = torch.zeros_like(found)
    p = log_weights(inference)[0]
    for i, m, k in itertools.product(range(B), range(M), range(K)):
        group = log_w[m * K : (m + 1) * K, i]
        share = (log_w[m * K + k, i] - group.logsumexp(0)).exp() / M
        expected -= share * gradients(p[m * K + k, i], [toy.b])[0]
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("samples", "groups", "remedy"), [(1, 4, 4), (6, 4, 4), (9, 4, 8), (5, 0, 5)]
)
def test_groups_that_do_not_divide_the_samples(samples: int, groups: int, remedy: int) -> None:
    with pytest.raises(UserError) as error:
        miwae(Linear().infer(samples), groups=groups)
    assert str(error.value) == (
        f"objective.groups={groups}: samples={samples} must be a multiple of it, such as"
        f" samples={remedy}"
    )
