import numpy as np
import pytest
import torch

from aetrain.figures.samples import samples
from aetrain.figures.tiles import tiles


@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_shown_as_tiles(channels: int) -> None:
    x = 2 * torch.rand(100, channels, 8, 8) - 1
    (image,) = samples(x, title="t", low=-1, high=1).axes[0].get_images()
    expected = tiles(x, low=-1, high=1)
    assert (np.asarray(image.get_array()) == expected).all()


def test_columns_have_names():
    figure = samples(torch.rand(6, 1, 8, 8), title="t", names=["cat", "dog", "cow"])
    assert [text.get_text() for text in figure.axes[0].texts] == ["cat", "dog", "cow"]
    (image,) = figure.axes[0].get_images()
    assert (np.asarray(image.get_array()).shape[:2]) == (2 * 48 + 2, 3 * 48 + 2 * 2)


def test_other_events_are_curves() -> None:
    figure = samples(torch.randn(100, 30), title="t")
    assert [len(axes.lines[0].get_xdata()) for axes in figure.axes] == [30] * 12
    assert figure.texts[0].get_text() == "t (12 shown)"
