"""The path of a training in the plane of distortion and rate."""

import numpy as np
import torch

from aetrain.figures.canvas import pixels
from aetrain.figures.rate_distortion import rate_distortion

PATH = torch.tensor([[30.0, 0.5], [28.0, 0.1], [24.0, 2.0], [22.0, 3.5]])


def test_the_points_and_the_lines_of_equal_sums() -> None:
    (axes,) = rate_distortion(PATH, title="t").axes
    dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert len(dashed) >= 3
    for line in dashed:
        sums = np.add(*line.get_data())
        assert np.allclose(sums, sums[0])
    (path,) = [line for line in axes.lines if line.get_marker() == "."]
    assert np.array_equal(np.stack(path.get_data(), 1), PATH.numpy())
    (left, right), (below, above) = axes.get_xlim(), axes.get_ylim()
    assert left < 22 < 30 < right
    assert below < 0.1 < 3.5 < above
    legend = axes.get_legend()
    assert legend is not None
    assert "last: 22.00 + 3.50 = 25.50" in [text.get_text() for text in legend.get_texts()]


def test_what_is_not_finite_is_left_out() -> None:
    spoilt = torch.cat([PATH[:1] * torch.nan, PATH[:1], PATH[:1]])
    assert pixels(rate_distortion(spoilt, title="t")).std() > 0
