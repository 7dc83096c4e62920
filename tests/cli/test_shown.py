"""Figures in words."""

import math

import pytest

from aetrain.cli.shown import print_table, with_error


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
        (math.nan, math.nan, False, "-"),
        (math.nan, math.nan, True, "-"),
        (math.nan, None, True, "-"),
    ],
)
def test_two_digits_of_the_error(value: float, error: float | None, sign: bool, words: str):
    assert with_error(value, error, sign=sign) == words


def test_no_line_of_a_table_ends_in_blanks(capsys: pytest.CaptureFixture[str]):
    print_table(["a", "b", "words"], [["x", "1", "some"], ["y", "2", ""]], words=["words"])
    assert capsys.readouterr().out == "a  b  words\nx  1  some\ny  2\n"
