"""Rows of images."""

import numpy as np
import torch

from aetrain.figures.canvas import MARGIN, TITLE, pixels
from aetrain.figures.rows import GAP, named_rows


def test_columns_have_names_below_the_last_row():
    x = torch.rand(3, 1, 48, 48)
    figure = named_rows({"a": x, "b": x}, title="t", columns=["−2σ", "0", "+2σ"])
    texts = {t.get_text(): t.get_window_extent() for t in figure.axes[0].texts}
    assert list(texts) == ["−2σ", "0", "+2σ", "a", "b"]
    middles = [(texts[name].x0 + texts[name].x1) / 2 for name in ("−2σ", "0", "+2σ")]
    left = figure.axes[0].bbox.x0
    assert np.allclose(middles, [left + 24 + k * (48 + GAP) for k in range(3)], atol=1)
    assert texts["0"].y1 < figure.axes[0].bbox.y0


def test_rows_lie_below_one_another():
    black, white = torch.zeros(3, 1, 48, 48), torch.ones(3, 1, 48, 48)
    picture = pixels(named_rows({"a": black, "b": white}, title="t"))
    right = picture[TITLE:-MARGIN, -MARGIN - 48 : -MARGIN, 0]
    assert right.shape == (2 * 48 + GAP, 48)
    assert np.array_equal(right[:48], np.zeros((48, 48)))
    assert np.array_equal(right[48:], np.full((48 + GAP, 48), 255))
