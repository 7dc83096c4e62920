import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from aetrain.figures.bars import rate_bars
from aetrain.figures.canvas import pixels
from aetrain.figures.palette import ACCENT, UNUSED


def test_bars_are_sorted_named_and_coloured() -> None:
    rate = torch.tensor([0.5, 3.0, 0.0, 1.25])
    figure = rate_bars(rate, active=torch.tensor([True, True, False, True]))
    axes = figure.axes[0]
    (bars,) = axes.collections
    heights = [path.vertices[:, 1].max() for path in bars.get_paths()]
    assert heights == [3.0, 1.25, 0.5, 0.0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "3", "0", "2"]
    expected = [to_rgb(ACCENT)] * 3 + [to_rgb(UNUSED)]
    assert np.allclose(np.asarray(bars.get_facecolor())[:, :3], expected)
    assert figure.texts[0].get_text() == "rate 4.75 nats  ·  3 of 4 dimensions active"


def test_the_legend_lies_above_every_bar() -> None:
    figure = rate_bars(torch.ones(10), active=torch.ones(10))
    figure.canvas.draw()
    axes = figure.axes[0]
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_window_extent().y0 > axes.transData.transform((0, 1))[1]


def test_without_a_mask_all_are_alike() -> None:
    figure = rate_bars(torch.rand(5))
    assert figure.axes[0].get_legend() is None
    assert "active" not in figure.texts[0].get_text()


@pytest.mark.parametrize("size", [1, 24, 25, 512, 4096])
def test_any_number_of_dimensions(size: int) -> None:
    figure = rate_bars(torch.rand(size), active=torch.rand(size) > 0.5)
    pixels(figure)
    assert len(figure.axes[0].collections[0].get_paths()) == size


@pytest.mark.parametrize("rate", [[0.0, 0.0], [torch.nan, 1.0], [torch.inf, 1.0], [-0.1, 0.2]])
def test_odd_rates_are_drawn(rate: list[float]) -> None:
    pixels(rate_bars(torch.tensor(rate)))
