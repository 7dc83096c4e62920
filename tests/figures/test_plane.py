import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from aetrain.figures.canvas import pixels
from aetrain.figures.palette import QUIET, UNUSED, colours
from aetrain.figures.plane import MOST, plane

TEN = [str(k) for k in range(10)]


def drawn(figure: Figure) -> tuple[np.ndarray, np.ndarray]:
    (points,) = figure.axes[0].collections
    return np.asarray(points.get_offsets()), np.asarray(points.get_facecolor())[:, :3]


def test_every_point_has_the_colour_of_its_class() -> None:
    codes, labels = torch.randn(200, 2), torch.arange(200) % 12 - 1  # -1 and 10 are no class
    places, paint = drawn(plane(codes, labels, classes=TEN))
    table = np.concatenate([colours(10), [to_rgb(UNUSED)]])
    expected = {tuple(z): table[k] for z, k in zip(codes.double().tolist(), labels.tolist())}
    expected |= {tuple(z): table[10] for z in codes[labels < 0].double().tolist()}
    assert len(places) == 200
    for place, colour in zip(places, paint):
        assert np.allclose(colour, expected[tuple(place)])


def test_no_class_lies_on_top_of_another() -> None:
    labels = torch.arange(1000) // 100
    _, paint = drawn(plane(torch.randn(1000, 2), labels, classes=TEN))
    changes = (paint[1:] != paint[:-1]).any(1).mean()
    assert changes > 0.8


def test_the_legend_names_the_classes() -> None:
    figure = plane(torch.randn(30, 2), torch.arange(30) % 3, classes=["boot", "bag", "coat"])
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["boot", "bag", "coat"]


@pytest.mark.parametrize(("classes", "shown"), [(10, True), (47, True), (60, True), (200, False)])
def test_the_legend_stays_on_the_sheet(classes: int, shown: bool) -> None:
    names = [f"class {k}" for k in range(classes)]
    figure = plane(torch.randn(300, 2), torch.arange(300) % classes, classes=names)
    pixels(figure)
    legend = figure.axes[0].get_legend()
    assert (legend is not None) is shown
    if legend is not None:
        box = legend.get_window_extent()
        assert box.x1 <= figure.bbox.width
        assert box.y0 >= 0


def test_short_names_stand_at_the_median_of_their_points() -> None:
    codes, labels = torch.randn(101, 2), torch.zeros(101, dtype=torch.long)
    texts = plane(codes, labels, classes=["7"]).axes[0].texts
    (text,) = (text for text in texts if text.get_text() == "7")
    assert text.get_position() == pytest.approx(codes.median(0).values.tolist())


def test_the_prior_is_two_circles_in_equal_axes() -> None:
    axes = plane(0.01 * torch.randn(50, 2), None).axes[0]
    circles = [patch for patch in axes.patches if isinstance(patch, Circle)]
    assert [circle.radius for circle in circles] == [1, 2]
    assert axes.get_aspect() == 1
    assert axes.get_xlim()[0] < -2 < 2 < axes.get_xlim()[1]
    assert not plane(torch.randn(50, 2), None, prior=False).axes[0].patches


def test_the_rim_is_a_circle_within_the_axes() -> None:
    axes = plane(0.1 * torch.randn(50, 2), None, prior=False, rim=3.0).axes[0]
    (circle,) = (patch for patch in axes.patches if isinstance(patch, Circle))
    assert (circle.center, circle.radius) == ((0, 0), 3.0)
    assert axes.get_xlim()[0] < -3 < 3 < axes.get_xlim()[1]


def test_draws_of_a_prior_lie_grey_beneath_the_codes() -> None:
    codes, draws = torch.randn(50, 2), 9 * torch.randn(80, 2)
    figure = plane(codes, torch.arange(50) % 3, classes=["a", "b", "c"], prior=False, drawn=draws)
    axes = figure.axes[0]
    beneath, above = sorted(axes.collections, key=lambda points: points.get_zorder())
    places = np.asarray(beneath.get_offsets())
    assert np.allclose(np.sort(places, 0), np.sort(draws.numpy(), 0))
    assert np.allclose(np.asarray(beneath.get_facecolor())[0, :3], to_rgb(QUIET))
    assert len(np.asarray(above.get_offsets())) == 50
    assert axes.get_xlim()[0] < places[:, 0].min() < places[:, 0].max() < axes.get_xlim()[1]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b", "c", "draws of p(z)"]
    pixels(figure)
    assert legend.get_window_extent().x1 <= figure.bbox.width
    unlabelled = plane(codes, None, prior=False, drawn=draws).axes[0].get_legend()
    assert unlabelled is not None
    assert [text.get_text() for text in unlabelled.get_texts()] == ["draws of p(z)"]


def test_axes_are_named_and_their_shares_told() -> None:
    axes = plane(torch.randn(9, 2), None, names=("a", "b")).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("a", "b")
    axes = plane(torch.randn(9, 2), None, explained=torch.tensor([0.5, 0.25])).axes[0]
    assert axes.get_ylabel() == "principal component 2 (25%)"


def test_without_labels_the_densest_point_is_the_brightest() -> None:
    codes = torch.cat([0.05 * torch.randn(500, 2), torch.tensor([[4.0, 4.0]])])
    places, paint = drawn(plane(codes, None))
    lightness = paint.sum(1)
    assert lightness[places[:, 0] > 3].item() == lightness.min()
    assert np.abs(places[lightness.argmax()]).max() < 0.2


def test_at_most_ten_thousand_points() -> None:
    places, _ = drawn(plane(torch.randn(MOST + 500, 2), None))
    assert len(places) == MOST


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("prior", [True, False])
@pytest.mark.parametrize(
    "codes",
    [
        torch.zeros(0, 2),
        torch.zeros(5, 2),
        torch.full((5, 2), 1e6),
        torch.full((5, 2), torch.nan),
        torch.tensor([[torch.inf, 0.0], [1.0, 2.0]]),
        torch.zeros(0, 1),
        torch.ones(5, 1) + 1e-7 * torch.arange(5)[:, None],
        1e5 * torch.randn(50, 2),
    ],
)
def test_odd_codes_are_drawn(codes: torch.Tensor, prior: bool, labelled: bool) -> None:
    labels = torch.arange(len(codes)) if labelled else None
    figure = plane(codes, labels, classes=TEN, prior=prior, title="t")
    pixels(figure)
    for label in figure.axes[0].get_yticklabels():
        assert label.get_window_extent().x0 >= 0


def test_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    plane(torch.zeros(5, 2), None)
    assert torch.equal(before, torch.get_rng_state())
