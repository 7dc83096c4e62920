"""Whatever is written on a figure can be read: nothing is cut by the edge, all has a name."""

from collections.abc import Callable

import pytest
import torch
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text

from aetrain.figures.along import along_ways
from aetrain.figures.areas import class_areas
from aetrain.figures.bars import rate_bars
from aetrain.figures.classes import classes
from aetrain.figures.curves import curves
from aetrain.figures.denoising import denoising
from aetrain.figures.filters import filters
from aetrain.figures.grid import decoded_grid
from aetrain.figures.neighbours import neighbours
from aetrain.figures.plane import plane
from aetrain.figures.planes import planes
from aetrain.figures.rate_distortion import rate_distortion
from aetrain.figures.reconstructions import reconstructions
from aetrain.figures.rows import named_rows
from aetrain.figures.samples import samples
from aetrain.figures.shares import share_bars
from aetrain.figures.spectrum import spectrum
from aetrain.figures.table import table

LONG = "WWW: what a validation's examples become, and MORE WORDS than a small picture is wide"
CLASSES = ["T-shirt/top", "MAMMALS of the NORTH", "x"]
X, Y = torch.rand(20, 1, 8, 8), torch.arange(20) % 3
FEW, ROWS = X[:2], torch.rand(20, 30)
POINTS = torch.randn(20, 2)
NAMED = {"a": torch.rand(6, 5), "a name far longer than others": torch.rand(6, 5)}
PATH = torch.tensor([[1234567.0, 0.5], [98765.4, 20000.0], [1200.0, 300000.0]])

FIGURES: dict[str, Callable[[], Figure]] = {
    "along": lambda: along_ways(NAMED, title=LONG, name="classifier's confidence"),
    "areas": lambda: class_areas(Y[:16], torch.rand(16), CLASSES, title=LONG),
    "bars": lambda: rate_bars(torch.rand(24), active=torch.rand(24) > 0.5),
    "bars of many": lambda: rate_bars(1e6 * torch.rand(300), active=torch.rand(300) > 0.5),
    "classes": lambda: classes(torch.rand(2, 3, 1, 8, 8), title=LONG, names=CLASSES, examples=FEW),
    "classes of vectors": lambda: classes(torch.rand(2, 3, 7), title=LONG, names=CLASSES),
    "curve": lambda: curves({"": ROWS[:1]}, title=LONG),
    "curves": lambda: curves({"WWWW": 1e6 * ROWS, "MMMM": -1e6 * ROWS}, title=LONG),
    "curves from 1e-4": lambda: curves({"a": 1.2345e-4 * ROWS}, title="few"),
    "denoising": lambda: denoising(FEW, FEW, FEW, title=LONG),
    "denoising of vectors": lambda: denoising(ROWS, ROWS, ROWS, title=LONG),
    "filters": lambda: filters(X),
    "filters, few": lambda: filters(X[:1]),
    "grid": lambda: decoded_grid(lambda z: torch.rand(len(z), 1, 8, 8), title=LONG),
    "grid on a ball": lambda: decoded_grid(
        lambda z: torch.rand(len(z), 7), names=("log₀ z₀", "log₀ z₁"), title=LONG
    ),
    "neighbours": lambda: neighbours(
        FEW, torch.rand(2, 3, 1, 8, 8), [[("MAMMALS of the NORTH", "WWWWWWWW")] * 4] * 2, title=LONG
    ),
    "plane": lambda: plane(POINTS, Y, classes=CLASSES, title=LONG),
    "plane, crowded": lambda: plane(
        0.05 * POINTS, torch.arange(len(POINTS)) % 10, classes=[*map(str, range(10))], title=LONG
    ),
    "plane, crowded at an edge": lambda: plane(
        0.05 * POINTS + torch.tensor([0, 3.0]),
        torch.arange(len(POINTS)) % 10,
        classes=[*map(str, range(10))],
        title=LONG,
    ),
    "plane, wide": lambda: plane(1e5 * POINTS, None, prior=False, drawn=1e6 * POINTS, title=LONG),
    "plane, projected": lambda: plane(
        1e-3 * POINTS, Y, classes=CLASSES, explained=torch.tensor([0.5, 0.4]), title=LONG
    ),
    "line": lambda: plane(POINTS[:, :1], Y, classes=CLASSES, title=LONG),
    "line without labels": lambda: plane(POINTS[:, :1], None, title=LONG),
    "planes": lambda: planes({"PCA": POINTS}, Y, classes=CLASSES, title=LONG),
    "four planes": lambda: planes(dict.fromkeys(map(str, range(4)), POINTS), None, title=LONG),
    "rate_distortion": lambda: rate_distortion(PATH, title=LONG),
    "rate_distortion of a bad start": lambda: rate_distortion(PATH.flip(1), title="t"),
    "reconstructions": lambda: reconstructions(FEW, FEW, title=LONG),
    "rows": lambda: named_rows({"MAMMALS of the NORTH": FEW, "x": FEW}, title=LONG),
    "rows with columns": lambda: named_rows(
        {"MAMMALS of the NORTH": FEW, "x": FEW}, title="t", columns=["MMMMMMMMMMM", "+0.5σ"]
    ),
    "samples": lambda: samples(X[:1], title=LONG),
    "samples of classes": lambda: samples(X[:6], title="t", names=CLASSES),
    "shares": lambda: share_bars(NAMES_OF_SHARES, CLASSES * 4, title=LONG),
    "spectrum": lambda: spectrum({k: 10 ** (8 * v[0] - 6) for k, v in NAMED.items()}, title=LONG),
    "table": lambda: table(["", "MMMMMM"], [["a row's name", "1234567.89"]], title=LONG),
    "table with notes": lambda: table(["", "M"], [["a", "1"]], notes=[LONG, "short"]),
}  # fmt: skip
NAMES_OF_SHARES = {"a model, z ~ prior": torch.rand(12), "test examples": torch.rand(12)}


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_by_the_edge(name: str) -> None:
    figure = FIGURES[name]()
    figure.canvas.draw()
    whole = figure.bbox
    for text in _texts(figure):
        box = text.get_window_extent()
        assert whole.x0 <= box.x0 <= box.x1 <= whole.x1, (text, box, whole)
        assert whole.y0 <= box.y0 <= box.y1 <= whole.y1, (text, box, whole)


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_lies_on_another(name: str) -> None:
    figure = FIGURES[name]()
    figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in _texts(figure)]
    for i, (one, box) in enumerate(boxes):
        for other, its in boxes[:i]:
            over = min(box.x1, its.x1) - max(box.x0, its.x0)
            under = min(box.y1, its.y1) - max(box.y0, its.y0)
            assert over < 1 or under < 3, (one, other)  # the boxes of two lines may touch


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_title(name: str) -> None:
    assert any(text.get_text() for text in FIGURES[name]().texts)


def _texts(artist: Artist) -> list[Text]:
    """Return what is written and can be seen: of an axis the ticks within its limits alone."""
    if not artist.get_visible():
        return []
    parts = artist.get_children()
    if isinstance(artist, Axis):
        low, high = sorted(artist.get_view_interval())
        ticks = [*artist.get_major_ticks(), *artist.get_minor_ticks()]
        parts = [artist.label, *(tick for tick in ticks if low <= tick.get_loc() <= high)]
    found = [artist] if isinstance(artist, Text) and artist.get_text().strip() else []
    return [*found, *(text for part in parts for text in _texts(part))]
