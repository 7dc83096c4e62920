"""Queries beside what was found for them."""

import numpy as np
import torch

from aetrain.figures.canvas import pixels
from aetrain.figures.neighbours import neighbours


def test_query_and_found_stand_in_their_rows() -> None:
    queries = torch.zeros(2, 3, 8, 8)
    queries[0, 0], queries[1, 1] = 1, 1  # red, green
    found = torch.zeros(2, 4, 3, 8, 8)
    found[:, :, 2] = 1  # blue
    captions = [[("q", "")] + [("a long name of a class", "0.5")] * 4] * 2
    figure = neighbours(queries, found, captions, title="nearest")
    (axes,) = figure.axes
    assert len(axes.texts) == 2 * 5 * 2
    assert max(len(text.get_text()) for text in axes.texts) < 10
    drawn = pixels(figure)
    red, green, blue = (np.argwhere((drawn == c).all(-1)) for c in 255 * np.eye(3, dtype=np.uint8))
    assert len(red) == len(green) == 56 * 56
    assert len(blue) == 2 * 4 * 56 * 56
    assert red[:, 0].max() < green[:, 0].min()
    assert max(red[:, 1].max(), green[:, 1].max()) < blue[:, 1].min()
