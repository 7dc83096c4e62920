import pytest
import torch

from aetrain.corruptions.salt_and_pepper import SaltAndPepper
from aetrain.errors import UserError
from aetrain.values import COUNTS, REAL, Values
from tests.corruptions.statistics import within


def test_half_of_a_share_becomes_lowest_and_half_highest() -> None:
    torch.manual_seed(0)
    x = torch.rand(1000, 1, 8, 8)
    noisy = SaltAndPepper(0.3, values=Values(-2.0, 7.0))(x)
    within(noisy == -2, 0.15)
    within(noisy == 7, 0.15)
    kept = (noisy != -2) & (noisy != 7)
    assert noisy[kept].equal(x[kept])


def test_at_level_one_all_values_are_ends() -> None:
    noisy = SaltAndPepper(1.0, values=Values(0.0, 1.0))(torch.full((50, 50), 0.5))
    assert noisy.unique().tolist() == [0.0, 1.0]


def test_features_of_unknown_range_take_the_ends_of_their_batch() -> None:
    x = torch.randn(50, 50)
    noisy = SaltAndPepper(1.0)(x)
    assert noisy.unique().tolist() == [x.min(), x.max()]


@pytest.mark.parametrize("values", [REAL, COUNTS])
def test_values_without_an_end_are_refused(values: Values) -> None:
    with pytest.raises(UserError, match=r"salt_and_pepper puts .* declare dataset\.range, or use"):
        SaltAndPepper(0.3, values=values)
