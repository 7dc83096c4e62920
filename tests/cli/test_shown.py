"""Figures in words."""

import math

import pytest

from aetrain.cli.shown import with_error


@pytest.mark.parametrize(
    ("value", "error", "sign", "words"),
    [
        (24.7051, 0.19958, False, "24.71 ± 0.20"),
        (-0.0174, 0.0309, False, "-0.017 ± 0.031"),
        (1234.5, 123.4, True, "+1234 ± 123"),
        (2.5, 0.1, True, "+2.50 ± 0.10"),
        (0.5, None, False, "0.5"),
        (0.0, 0.0, False, "0 ± 0"),
        (1.0, math.nan, False, "1 ± -"),
    ],
)
def test_two_digits_of_the_error(value: float, error: float | None, sign: bool, words: str):
    assert with_error(value, error, sign=sign) == words
