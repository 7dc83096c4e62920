import numpy as np
import pytest
import torch

from aetrain.figures.canvas import pixels
from aetrain.figures.curves import MOST, curves


@pytest.mark.parametrize("count", [1, 3, 5, 12, 50])
def test_one_panel_for_each_event_and_at_most_12(count: int) -> None:
    x = torch.randn(count, 2, 7)
    figure = curves({"x": x}, title="t")
    assert len(figure.axes) == min(count, MOST)
    for axes, event in zip(figure.axes, x):
        assert np.array_equal(axes.lines[0].get_ydata(), event.flatten().numpy())


def test_all_panels_have_the_same_scale() -> None:
    figure = curves({"a": torch.randn(5, 9), "b": 10 * torch.randn(5, 9)}, title="t")
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_two_series_have_a_legend_and_one_has_none() -> None:
    x = torch.randn(3, 9)
    (legend,) = curves({"a": x, "b": x}, title="t").legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b"]
    assert not curves({"a": x}, title="t").legends


@pytest.mark.parametrize("count", [1, 2, 12])
def test_title_and_legend_do_not_meet(count: int) -> None:
    x = torch.randn(count, 9)
    figure = curves({"original": x, "reconstructed": x}, title="Reconstructions · epoch 1000")
    pixels(figure)
    right = figure.texts[0].get_window_extent().x1
    assert right < figure.legends[0].get_texts()[0].get_window_extent().x0 - 20


@pytest.mark.parametrize("value", [torch.nan, torch.inf, 0.0, 1e30, -1e-30])
@pytest.mark.parametrize("length", [1, 2, 300])
def test_odd_values_and_lengths_are_drawn(value: float, length: int) -> None:
    pixels(curves({"x": torch.full((2, length), value)}, title="t"))


def test_what_is_not_finite_is_a_gap() -> None:
    x = torch.tensor([[0.0, torch.inf, 1.0, torch.nan]])
    (axes,) = curves({"x": x}, title="t").axes
    assert np.isnan(np.asarray(axes.lines[0].get_ydata())).tolist() == [False, True, False, True]
    assert axes.get_ylim() == pytest.approx((-0.06, 1.06))


def test_tick_labels_stay_on_the_sheet() -> None:
    for scale in (1e-7, 1.0, 3e4, 1e9):
        figure = curves({"x": scale * torch.randn(4, 9)}, title="t")
        pixels(figure)
        for label in figure.axes[0].get_yticklabels():
            assert label.get_window_extent().x0 >= 0
