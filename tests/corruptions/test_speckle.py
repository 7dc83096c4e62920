import torch

from aetrain.corruptions.speckle import Speckle
from tests.corruptions.statistics import within


def test_the_noise_is_in_proportion_to_the_value() -> None:
    torch.manual_seed(0)
    x = torch.randn(500, 1, 8, 8, dtype=torch.float64)
    noise = (Speckle(0.4)(x) - x) / x
    within(noise, 0.0)
    within(noise.square(), 0.4**2)
    within(noise * x, 0.0)


def test_zeros_stay() -> None:
    assert Speckle(1.0)(torch.zeros(5, 7)).equal(torch.zeros(5, 7))
