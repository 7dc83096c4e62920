"""Rows of images."""

import numpy as np
import torch

from aetrain.figures.canvas import MARGIN, TITLE, pixels
from aetrain.figures.rows import GAP, named_rows


def test_rows_lie_below_one_another():
    black, white = torch.zeros(3, 1, 48, 48), torch.ones(3, 1, 48, 48)
    picture = pixels(named_rows({"a": black, "b": white}, title="t"))
    right = picture[TITLE:-MARGIN, -MARGIN - 48 : -MARGIN, 0]
    assert right.shape == (2 * 48 + GAP, 48)
    assert np.array_equal(right[:48], np.zeros((48, 48)))
    assert np.array_equal(right[48:], np.full((48 + GAP, 48), 255))
