"""The rate's parts against quadrature, and estimates of them against the enumeration."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Independent, MultivariateNormal, Normal

from aetrain.errors import UserError
from aetrain.evaluation.evidence import decomposition
from aetrain.evaluation.evidence.decomposition import parts_of_rate

G = torch.Generator().manual_seed(0)
N = 8
MU = 1.2 * torch.randn(N, 2, generator=G, dtype=torch.float64)
S = 0.2 + 0.5 * torch.rand(N, 2, generator=G, dtype=torch.float64)
PRIOR = Independent(Normal(torch.zeros(2).double(), torch.ones(2).double()), 1)


def blocks(times: int, size: int = 1000) -> tuple[list[Independent], list[Tensor]]:
    """Return q(z|x) of the eight examples, each so many times, and a draw of each."""
    mu, s = MU.repeat(times, 1), S.repeat(times, 1)
    q = [Independent(Normal(m, d), 1) for m, d in zip(mu.split(size), s.split(size))]
    return q, [each.sample() for each in q]


def quadrature() -> dict[str, float]:
    """Return the parts by sums over a grid."""
    grid = torch.linspace(-8, 8, 1201, dtype=torch.float64)
    h = (grid[1] - grid[0]).item()
    each = [Normal(MU[:, d, None], S[:, d, None]).log_prob(grid).exp() for d in range(2)]
    joint = torch.einsum("na,nb->ab", *each) / N
    one, two = (e.mean(0) for e in each)

    def entropy(p: Tensor, cell: float) -> float:
        return -torch.special.xlogy(p, p).sum().item() * cell

    own = Independent(Normal(MU, S), 1).entropy().mean().item()
    both, alone = entropy(joint, h * h), entropy(one, h) + entropy(two, h)
    cross = 0.5 * (2 * math.log(2 * math.pi) + (MU**2 + S**2).sum(1).mean().item())
    return {
        "mutual_information": both - own,
        "total_correlation": alone - both,
        "dimension_kl": cross - alone,
        "rate": cross - own,
    }


def test_quadrature():
    """Many copies of eight examples have the aggregate posterior of the eight."""
    torch.manual_seed(0)
    parts = parts_of_rate(*blocks(500), PRIOR)
    wanted = quadrature()
    assert sum(wanted.values()) - wanted["rate"] == pytest.approx(wanted["rate"])
    for name, found in parts._asdict().items():
        error = found.std().item() / math.sqrt(len(found))
        assert abs(found.mean().item() - wanted[name]) < 4 * error, name
    torch.testing.assert_close(sum(parts[:3]), parts.rate)


@pytest.mark.parametrize(("size", "cells"), [(3, 2**24), (5, 7), (1000, 50)])
def test_blocks_change_nothing(size: int, cells: int, monkeypatch: pytest.MonkeyPatch):
    torch.manual_seed(0)
    q, z = blocks(4)
    wanted = parts_of_rate(q, z, PRIOR)
    monkeypatch.setattr(decomposition, "CELLS", cells)
    cut = [Independent(Normal(m, s), 1) for m, s in zip(MU.repeat(4, 1).split(size),
                                                          S.repeat(4, 1).split(size))]  # fmt: skip
    found = parts_of_rate(cut, torch.cat(z).split(size), PRIOR)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)


def test_enumeration_by_hand():
    torch.manual_seed(0)
    q, z = blocks(1)
    (codes,) = z
    log_q = Normal(MU[None], S[None]).log_prob(codes[:, None])  # (i, j, d)
    joint = log_q.sum(2).logsumexp(1) - math.log(N)
    marginals = (log_q.logsumexp(1) - math.log(N)).sum(1)
    own = log_q.sum(2).diagonal()
    found = parts_of_rate(q, z, PRIOR)
    torch.testing.assert_close(found.mutual_information, own - joint)
    torch.testing.assert_close(found.total_correlation, joint - marginals)
    torch.testing.assert_close(found.dimension_kl, marginals - PRIOR.log_prob(codes))
    assert found.mutual_information.mean() < math.log(N)


def test_a_part_of_the_examples_estimates_the_aggregate_without_bias():
    """The mean over all choices of 3 references of exp log q(z) is q(z)."""
    torch.manual_seed(0)
    q, z = blocks(1)
    exact = parts_of_rate(q, z, PRIOR)
    density = q[0].log_prob(z[0])
    choices = torch.combinations(torch.arange(N), 3)
    estimates = [
        (density - parts_of_rate(q, z, PRIOR, rows).mutual_information).exp() for rows in choices
    ]
    # an example that is a reference leaves 2 others: averaged apart, both are unbiased
    chosen = torch.stack([(rows[:, None] == torch.arange(N)).any(0) for rows in choices])
    found = torch.stack(estimates)
    for i in range(N):
        wanted = (density - exact.mutual_information).exp()[i]
        torch.testing.assert_close(found[chosen[:, i], i].mean(), wanted)
        torch.testing.assert_close(found[~chosen[:, i], i].mean(), wanted)


def test_codes_of_any_shape_and_of_bits():
    torch.manual_seed(0)
    probs = torch.rand(6, 2, 3)
    q = Independent(Bernoulli(probs), 2)
    prior = Independent(Bernoulli(torch.full((2, 3), 0.5)), 2)
    found = parts_of_rate([q], [q.sample()], prior)
    torch.testing.assert_close(sum(found[:3]), found.rate)


def test_no_product_is_one_line():
    q = MultivariateNormal(torch.zeros(3, 2), torch.eye(2))
    with pytest.raises(UserError, match="q\\(z\\|x\\) = MultivariateNormal is no product of them"):
        parts_of_rate([q], [q.sample()], PRIOR)
