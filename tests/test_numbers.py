"""Numbers that a user gives from Python."""

import math

import pytest
import torch

from aetrain.errors import UserError
from aetrain.numbers import require_finite, require_scored
from aetrain.values import BINARY, COUNTS, REAL, UNIT, Values

BYTES = Values(0.0, 1.0, 256)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(value: float):
    with pytest.raises(UserError, match=r"z holds numbers that are not finite"):
        require_finite(torch.tensor([0.0, value]), "z")
    require_finite(torch.tensor([1]), "z")


@pytest.mark.parametrize(
    ("support", "right", "wrong", "remedy"),
    [
        (BINARY, [0.0, 1.0], [0.3], "two values from 0 to 1: use (x > 0.5), or draws of it"),
        (BINARY, [1.0], [2.0], "two values from 0 to 1"),
        (UNIT, [0.0, 0.3, 1.0], [-0.1], "real numbers from 0 to 1"),
        (UNIT, [], [255.0], "real numbers from 0 to 1"),
        (BYTES, [k / 255 for k in range(256)], [0.001], "use (x * 255).round() / 255"),
        (COUNTS, [0, 3, 1e6], [0.5], "whole numbers from 0"),
        (COUNTS, [0], [-1], "whole numbers from 0"),
        (Values(0.0, 16.0, 17), [0.0, 7.0], [7.5], "17 values from 0 to 16"),
    ],
)
def test_what_a_likelihood_scores(
    support: Values, right: list[float], wrong: list[float], remedy: str
):
    require_scored(torch.tensor(right), support)
    with pytest.raises(UserError) as caught:
        require_scored(torch.tensor([*right, *wrong]), support)
    assert str(caught.value).endswith(remedy)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("levels", [2, 17, 256, 2**16])
def test_rounding_is_let_pass(dtype: torch.dtype, levels: int):
    x = (torch.arange(levels, dtype=torch.float64) / (levels - 1)).to(dtype)
    require_scored(x.float(), Values(0.0, 1.0, levels), dtype)
    require_scored((x.float() * (1 + 1e-7)), UNIT, dtype)


def test_densities_of_all_numbers_score_everything():
    require_scored(torch.tensor([-1e30, 1e30]), REAL)
