import torch

from aetrain.corruptions.masking import Masking
from tests.corruptions.statistics import within


def test_a_share_becomes_zero_and_the_rest_stays() -> None:
    torch.manual_seed(0)
    x = torch.rand(1000, 1, 8, 8) + 0.5
    noisy = Masking(0.3)(x)
    gone = noisy == 0
    assert noisy[~gone].equal(x[~gone])
    within(gone.double(), 0.3)


def test_values_are_masked_independently_of_one_another() -> None:
    torch.manual_seed(0)
    gone = Masking(0.3)(torch.ones(100_000, 2)) == 0
    within(gone.all(1).double(), 0.3**2)


def test_at_level_one_nothing_is_left() -> None:
    assert Masking(1.0)(torch.rand(5, 7)).equal(torch.zeros(5, 7))
