import torch

from aetrain.corruptions.gaussian import Gaussian
from tests.corruptions.statistics import within


def test_the_noise_has_mean_zero_and_the_levels_variance_whatever_x() -> None:
    torch.manual_seed(0)
    x = 100 * torch.rand(500, 1, 8, 8, dtype=torch.float64)
    noise = Gaussian(1.7)(x) - x
    within(noise, 0.0)
    within(noise.square(), 1.7**2)
    within(noise**4, 3 * 1.7**4)
    within(noise * x, 0.0)
