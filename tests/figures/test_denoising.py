import numpy as np
import pytest
import torch

from aetrain.figures.beside import BETWEEN
from aetrain.figures.canvas import pixels
from aetrain.figures.denoising import denoising

NAMES = ["clean", "corrupted", "denoised"]


def test_the_three_of_an_example_stand_below_one_another() -> None:
    three = torch.rand(3, 11, 1, 48, 48)
    axes = denoising(*three, title="t").axes[0]
    shown = np.asarray(axes.get_images()[0].get_array())
    assert shown.shape == (6 * 48 + 4 * 2 + BETWEEN, 8 * 50 - 2, 3)
    for i in range(11):
        top, left = i // 8 * (3 * 50 - 2 + BETWEEN), i % 8 * 50
        for row, images in enumerate(three):
            start = top + 50 * row
            expected = (images[i, 0] * 255).round().byte().numpy()
            tile = shown[start : start + 48, left : left + 48]
            assert (tile == expected[..., None]).all()
    assert [text.get_text() for text in axes.texts] == NAMES * 2


def test_noise_beyond_black_and_white_is_clipped() -> None:
    x = torch.tensor([-3.0, 0.0, 1.0, 7.0]).view(1, 1, 1, 4)
    shown = np.asarray(denoising(x, x, x, title="t").axes[0].get_images()[0].get_array())
    assert set(np.unique(shown)) <= {0, 255}


@pytest.mark.parametrize("event", [(64,), (5, 16), (2, 8, 8), (1,)])
def test_other_events_are_curves_with_a_legend(event: tuple[int, ...]) -> None:
    three = torch.randn(3, 20, *event)
    figure = denoising(*three, title="validation examples")
    assert len(figure.axes) == 12
    for i, axes in enumerate(figure.axes):
        for line, x in zip(axes.lines, three):
            assert np.array_equal(line.get_ydata(), x[i].flatten())
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == NAMES
    pixels(figure)
    right = figure.texts[0].get_window_extent().x1
    assert right < legend.get_texts()[0].get_window_extent().x0
