import math

import pytest
import torch
from scipy import stats

from aetrain.likelihoods.discretized_logistic import DiscretizedLogistic

BYTES = (torch.arange(256, dtype=torch.float64) / 255)[:, None]


@pytest.mark.parametrize("loc", [-1e4, -3.0, -0.3, 0.0, 1e-3, 0.999, 50.0])
@pytest.mark.parametrize("scale", [1e-4, 1e-2, 0.3, 20.0, 2000.0])
def test_the_masses_of_all_bytes_sum_to_one(loc: float, scale: float) -> None:
    family = DiscretizedLogistic((1,), scale=scale).double()
    p = family(torch.tensor([loc], dtype=torch.float64))
    assert p.log_prob(BYTES).exp().sum().item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_far_tails_keep_their_digits(dtype: torch.dtype) -> None:
    """There log σ(b) is b: the masses are far below what floats can hold."""
    family = DiscretizedLogistic((1,), scale=2.0**-7).to(dtype)
    p = family(torch.tensor([20.0], dtype=dtype))
    x = torch.tensor([[100 / 255], [101 / 255]], dtype=dtype)
    low, high = p.log_prob(x)
    assert (high - low).item() == pytest.approx(2 / 255 * 128, rel=1e-3)
    upper = (201 / 255 - 1 - 20) * 128
    expected = upper + math.log(-math.expm1(-2 / 255 * 128))
    assert low.item() == pytest.approx(expected, rel=1e-6)
    assert low.item() < -2000


def test_a_narrow_bin_is_the_density_times_its_width() -> None:
    family = DiscretizedLogistic((1,), scale=0.5, levels=100_001).double()
    loc = torch.tensor([0.3], dtype=torch.float64)
    x = torch.tensor([[0.2], [0.5], [0.9]], dtype=torch.float64)
    expected = stats.logistic.logpdf(2 * x[:, 0] - 1, 0.3, 0.5) + math.log(2 / 100_000)
    torch.testing.assert_close(
        family(loc).log_prob(x), torch.from_numpy(expected), rtol=1e-8, atol=0
    )


@pytest.mark.parametrize("levels", [2, 3, 17, 256])
@pytest.mark.parametrize("scale", [1e-4, 0.01, 0.3, 20.0])
def test_mean_and_variance_are_those_of_the_masses(levels: int, scale: float) -> None:
    torch.manual_seed(0)
    family = DiscretizedLogistic((6,), scale=scale, levels=levels).double()
    p = family(torch.randn(6, dtype=torch.float64))
    grid = torch.linspace(0, 1, levels, dtype=torch.float64)
    one_by_one = [DiscretizedLogistic((1,), scale=scale, levels=levels).double()] * 6
    masses = torch.stack(
        [f(p.loc[i : i + 1]).log_prob(grid[:, None]).exp() for i, f in enumerate(one_by_one)]
    )
    mean = (masses * grid).sum(1)
    torch.testing.assert_close(p.mean, mean)
    variance = (masses * (grid - mean[:, None]).square()).sum(1)
    torch.testing.assert_close(p.variance, variance, rtol=1e-7, atol=1e-12)
