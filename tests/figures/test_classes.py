"""Sheets of styles and classes."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from aetrain.figures.classes import classes
from aetrain.figures.tiles import compose


@pytest.mark.parametrize("names", [["a", "b", "c"], ["a name", "far wider than", "a tile is"]])
def test_rows_are_styles_and_columns_classes(names: list[str]) -> None:
    x, examples = torch.rand(2, 3, 1, 8, 8), torch.rand(2, 1, 8, 8)
    figure = classes(x, title="t", names=names, examples=examples)
    (image,) = figure.axes[0].get_images()
    rows = [torch.cat([examples[[n]], x[n]]) for n in range(2)]
    expected = compose(torch.cat(rows), columns=4, low=0, high=1, smallest=48, largest=128, gap=2)
    assert np.array_equal(np.asarray(image.get_array())[..., :1], expected)
    written = [text.get_text() for text in figure.axes[0].texts]
    assert written == ["given", *names]
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert all(a.x1 < b.x0 for a, b in pairwise(boxes))
    assert all(box.y0 >= 0 for box in boxes)


def test_vectors_are_curves() -> None:
    figure = classes(torch.rand(2, 5, 7), title="t", names=list("abcde"))
    assert len(figure.axes) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b", "c"]
