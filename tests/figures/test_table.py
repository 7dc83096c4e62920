"""Tables as pictures."""

import numpy as np

from aetrain.figures.canvas import pixels
from aetrain.figures.table import HEIGHT, table


def test_a_row_more_is_a_row_higher_and_marks_are_seen():
    one = pixels(table(["", "a"], [["x", "1"]]))
    two = pixels(table(["", "a"], [["x", "1"], ["y", "2"]]))
    assert two.shape[0] - one.shape[0] == HEIGHT
    marked = pixels(table(["", "a"], [["x", "1"], ["y", "2"]], marked=[(1, 1)], title=""))
    changed = np.argwhere((two != marked).any(2))
    assert len(changed)
    assert changed[:, 0].min() > 2 * HEIGHT
    assert changed[:, 1].min() > two.shape[1] / 2


def test_no_character_is_taken_for_a_formula():
    assert pixels(table(["$", "a"], [["_^$", "$1"]])).std() > 0
