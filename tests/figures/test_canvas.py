import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import aetrain.figures
from aetrain.figures.canvas import mount, pixels, place, sheet

MODULES = sorted(path.stem for path in Path(aetrain.figures.__path__[0]).glob("[a-z]*.py"))


@pytest.mark.parametrize("width", range(300, 420, 7))
def test_a_sheet_has_exactly_its_pixels(width: int) -> None:
    assert pixels(sheet(width, width + 1)).shape == (width + 1, width, 3)


@pytest.mark.parametrize("title", ["", "a title", "a title much wider than the picture is"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_mounted_picture_is_shown_pixel_for_pixel(title: str, channels: int) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (57, 83, channels), dtype=np.uint8)
    figure, axes = mount(picture, title=title, left=31, bottom=17)
    drawn = pixels(figure)
    top = drawn.shape[0] - 17 - 57
    shown = drawn[top : top + 57, 31 : 31 + 83]
    assert np.array_equal(shown, np.broadcast_to(picture, (57, 83, 3)))
    assert axes.get_xlim() == (0, 83)
    assert axes.get_ylim() == (57, 0)


def test_a_long_title_is_not_cut() -> None:
    title = "Reconstructions of the validation set after the first epoch of training"
    figure, _ = mount(np.zeros((9, 9, 1), np.uint8), title=title)
    box = figure.texts[0].get_window_extent()
    assert box.x1 < figure.bbox.width


def test_axes_lie_where_they_are_placed() -> None:
    box = place(sheet(200, 100), 20, 10, 150, 60).get_window_extent()
    assert np.allclose(box.extents, (20, 30, 170, 90), atol=0.01)


def test_nothing_imports_pyplot() -> None:
    lines = [f"import aetrain.figures.{name}" for name in MODULES]
    check = "import sys; assert 'matplotlib.pyplot' not in sys.modules"
    draw = (
        "import torch; from aetrain.figures import samples, canvas;"
        "canvas.pixels(samples.samples(torch.rand(4, 1, 8, 8), title='x'))"
    )
    code = ";".join([*lines, draw, check])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
