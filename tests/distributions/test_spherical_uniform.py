"""The uniform distribution on the sphere: areas that everybody knows, and Archimedes."""

import math

import pytest
import torch
from scipy import stats

from aetrain.distributions.spherical_uniform import SphericalUniform


@pytest.mark.parametrize(
    ("d", "area"), [(1, 2), (2, 2 * math.pi), (3, 4 * math.pi), (4, 2 * math.pi**2)]
)
def test_the_density_is_one_over_the_area(d: int, area: float) -> None:
    p = SphericalUniform(torch.zeros(5, d, dtype=torch.float64))
    log_prob = p.log_prob(p.sample((3,)))
    torch.testing.assert_close(log_prob, torch.full((3, 5), -math.log(area)).double())


def test_draws() -> None:
    torch.manual_seed(0)
    p = SphericalUniform(torch.zeros(3))
    z = p.sample((20_000,))
    torch.testing.assert_close(z.norm(dim=-1), torch.ones(20_000))
    for i in range(3):  # slices of equal height have equal area
        assert stats.kstest(z[:, i], stats.uniform(-1, 2).cdf).pvalue > 1e-3
    assert not p.mean.any()
    torch.testing.assert_close(z.var(0), p.variance, rtol=0.05, atol=0)


def test_it_can_be_printed() -> None:
    assert repr(SphericalUniform(torch.zeros(3))) == "SphericalUniform()"
