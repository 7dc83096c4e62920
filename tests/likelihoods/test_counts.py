"""The likelihoods of counts, held against one another."""

import itertools
import math

import pytest
import torch
from scipy import stats

from aetrain.errors import UserError
from aetrain.likelihoods.multinomial import Multinomial
from aetrain.likelihoods.negative_binomial import NegativeBinomial
from aetrain.likelihoods.poisson import Poisson
from aetrain.likelihoods.zero_inflated_negative_binomial import ZeroInflatedNegativeBinomial


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def counts(*shape: int) -> torch.Tensor:
    return torch.poisson(3 * torch.rand(shape, dtype=torch.float64))


def test_without_dispersion_the_negative_binomial_is_poisson() -> None:
    raw, x = torch.randn(9, 6).double(), counts(9, 6)
    nb, poisson = NegativeBinomial((6,), dispersion=2.0**-40), Poisson((6,))
    torch.testing.assert_close(nb(raw).log_prob(x), poisson(raw).log_prob(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dispersion", [2.0**-11, 2.0**-4, 1.0, 2.0**11])
@pytest.mark.parametrize("size", [1.0, 1000.0])
def test_the_negative_binomial_keeps_its_digits_in_float32(dispersion: float, size: float) -> None:
    raw, x = torch.randn(9, 6), counts(9, 6) * size
    family = NegativeBinomial((6,), dispersion=dispersion)
    mean = torch.exp(15 * raw.double() / (15 + raw.double().abs()))
    expected = stats.nbinom.logpmf(x, 1 / dispersion, 1 / (1 + mean * dispersion)).sum(-1)
    found = family(raw).log_prob(x.float()).double()
    torch.testing.assert_close(found, torch.from_numpy(expected), rtol=1e-5, atol=2e-5)


def test_a_closed_gate_leaves_the_negative_binomial() -> None:
    raw, x = torch.randn(9, 2, 6).double(), counts(9, 6)
    raw[:, 1] = -1e12
    inflated = ZeroInflatedNegativeBinomial((6,), dispersion=0.5)(raw)
    plain = NegativeBinomial((6,), dispersion=0.5)(raw[:, 0])
    torch.testing.assert_close(inflated.log_prob(x), plain.log_prob(x), rtol=0, atol=1e-7)
    torch.testing.assert_close(inflated.mean, plain.mean)
    torch.testing.assert_close(inflated.variance, plain.variance)
    raw[:, 1] = 1e12
    opened = ZeroInflatedNegativeBinomial((6,), dispersion=0.5)(raw)
    assert not opened.sample((100,)).any()


@pytest.mark.parametrize("total", range(6))
def test_the_multinomial_masses_of_each_total_sum_to_one(total: int) -> None:
    events = [x for x in itertools.product(range(total + 1), repeat=4) if sum(x) == total]
    assert len(events) == math.comb(total + 3, 3)
    p = Multinomial((2, 2))(torch.randn(2, 2).double())
    masses = p.log_prob(torch.tensor(events).double().reshape(-1, 2, 2)).exp()
    assert masses.sum().item() == pytest.approx(1, abs=1e-12)


def test_the_multinomial_of_its_total() -> None:
    raw = torch.randn(3, 5).double()
    p = Multinomial((5,), total=7)(raw)
    assert (p.sample((100,)).sum(-1) == 7).all()
    torch.testing.assert_close(p.mean, 7 * raw.softmax(-1))
    torch.testing.assert_close(Multinomial((5,))(raw).mean, raw.softmax(-1))
    # independent Poisson counts, given their sum
    x = counts(3, 5)
    poisson = torch.distributions.Poisson(raw.softmax(-1))
    whole = torch.distributions.Poisson(torch.ones(3).double())
    expected = poisson.log_prob(x).sum(-1) - whole.log_prob(x.sum(-1))
    torch.testing.assert_close(p.log_prob(x), expected)
    with pytest.raises(UserError) as caught:
        Multinomial((5,), total=0)
    assert str(caught.value) == "likelihood.total=0: must be at least 1"


def test_a_uniform_bag_of_words_has_the_perplexity_of_the_vocabulary() -> None:
    """Word by word, so without the number of orders in the constant."""
    x = counts(1, 50)
    ways = torch.lgamma(x.sum() + 1) - torch.lgamma(x + 1).sum()
    log_prob = Multinomial((50,))(torch.zeros(1, 50).double()).log_prob(x) - ways
    assert torch.exp(-log_prob / x.sum()).item() == pytest.approx(50)
