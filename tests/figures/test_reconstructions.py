import numpy as np
import pytest
import torch

from aetrain.figures.beside import BETWEEN
from aetrain.figures.canvas import MARGIN, TITLE, pixels
from aetrain.figures.reconstructions import reconstructions
from aetrain.figures.tiles import NAN


def picture(x: torch.Tensor, y: torch.Tensor) -> np.ndarray:
    (image,) = reconstructions(x, y, title="t").axes[0].get_images()
    return np.asarray(image.get_array())


def test_each_original_stands_above_its_reconstruction() -> None:
    x, y = torch.rand(2, 11, 1, 48, 48)
    shown = picture(x, y)
    assert shown.shape == (4 * 48 + 2 * 2 + BETWEEN, 8 * 50 - 2, 3)
    for i in range(11):
        top, left = i // 8 * (98 + BETWEEN), i % 8 * 50
        for row, image in enumerate((x[i, 0], y[i, 0])):
            start = top + 50 * row
            tile = shown[start : start + 48, left : left + 48]
            expected = (image * 255).round().byte().numpy()
            assert (tile == expected[..., None]).all()


@pytest.mark.parametrize("count", [17, 500])
def test_at_most_16_pairs(count: int) -> None:
    x, y = torch.rand(2, count, 1, 48, 48)
    assert np.array_equal(picture(x, y), picture(x[:16], y[:16]))


def test_the_rows_are_named_at_their_left() -> None:
    x = torch.rand(16, 1, 8, 8)
    figure = reconstructions(x, x, title="t", names=("noisy", "clean"))
    assert [text.get_text() for text in figure.axes[0].texts] == ["noisy", "clean"] * 2
    pixels(figure)
    for text, row in zip(figure.axes[0].texts, range(4)):
        box = text.get_window_extent()
        assert box.x0 >= MARGIN / 2
        top = TITLE + row // 2 * (98 + BETWEEN) + row % 2 * 50
        middle = figure.bbox.height - (box.y0 + box.y1) / 2
        assert middle == pytest.approx(top + 24, abs=1.5)


def test_nan_on_one_side_only() -> None:
    x, y = torch.rand(2, 3, 1, 8, 8)
    y[1] = torch.nan
    shown = picture(x, y)
    assert (shown[50:, 50:98] == NAN).all()
    assert (shown[:48, 0] == shown[:48, 0, :1]).all()


@pytest.mark.parametrize("event", [(64,), (5, 16), (2, 8, 8), (1,)])
def test_other_events_are_curves_over_one_another(event: tuple[int, ...]) -> None:
    x, y = torch.randn(2, 20, *event)
    figure = reconstructions(x, y, title="t")
    assert len(figure.axes) == 12
    for i, axes in enumerate(figure.axes):
        assert np.array_equal(axes.lines[0].get_ydata(), x[i].flatten())
        assert np.array_equal(axes.lines[1].get_ydata(), y[i].flatten())


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match=r"\(2, 1, 8, 8\) and reconstructions \(2, 64\) differ"):
        reconstructions(torch.rand(2, 1, 8, 8), torch.rand(2, 64), title="t")
