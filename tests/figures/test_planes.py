"""Several planes in one figure."""

import torch

from aetrain.figures.canvas import pixels
from aetrain.figures.planes import planes


def points(n: int = 50) -> torch.Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(0))


def test_two_rows_of_three_and_a_legend():
    labels = torch.arange(50) % 3
    bare = pixels(planes(dict.fromkeys("abcdef", points()), None))
    named = pixels(planes({k: points() for k in "abcdef"}, labels, classes=["x", "y", "z"]))
    assert bare.shape[0] == named.shape[0]
    assert named.shape[1] > bare.shape[1]


def test_every_panel_has_its_own_scale():
    one = pixels(planes({"a": points()}, None))
    large = pixels(planes({"a": 1000 * points() + 7}, None))
    assert (one == large).mean() > 0.99


def test_points_in_one_place_and_missing_labels():
    figure = planes({"a": torch.zeros(5, 2)}, torch.full((5,), -1), classes=["x"])
    assert pixels(figure).std() > 0
