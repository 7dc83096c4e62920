"""Figures as files."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard.writer import SummaryWriter

from aetrain.figures.canvas import mount
from aetrain.figures.saved import PICTURES, is_picture, publish, save

BEGINNINGS = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}


@pytest.mark.parametrize("end", PICTURES)
def test_the_same_figure_makes_the_same_file(end: str, tmp_path: Path):
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, 1), np.uint8)
    files = [tmp_path / f"{i}{end}" for i in range(2)]
    for file in files:
        save(mount(picture, title="p(x|z)")[0], file)
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert first.startswith(BEGINNINGS[end])


def test_a_stream_gets_pixels_unless_said_otherwise():
    figure = mount(np.zeros((4, 4, 1), np.uint8), title="")[0]
    for kind, beginning in (("", b"\x89PNG"), ("svg", b"<?xml")):
        file = BytesIO()
        save(figure, file, kind)
        assert file.getvalue().startswith(beginning)


def test_letters_of_a_drawing_are_embedded_as_letters(tmp_path: Path):
    save(mount(np.zeros((4, 4, 1), np.uint8), title="letters")[0], tmp_path / "a.pdf")
    content = (tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/Type3" not in content


def test_tensorboard_shows_the_pixels_of_the_file(tmp_path: Path):
    with SummaryWriter(str(tmp_path)) as writer:
        figure = mount(np.zeros((4, 6, 1), np.uint8), title="")[0]
        publish(figure, tmp_path / "figures/zeros.png", [writer], 7, also="svg")
    assert (tmp_path / "figures/zeros.svg").read_bytes().startswith(BEGINNINGS[".svg"])
    (shown,) = EventAccumulator(str(tmp_path)).Reload().Images("zeros")
    assert shown.step == 7
    assert shown.encoded_image_string == (tmp_path / "figures/zeros.png").read_bytes()
    with Image.open(tmp_path / "figures/zeros.png") as image:
        assert (shown.width, shown.height) == image.size


def test_names_of_pictures():
    assert [is_picture(Path(name)) for name in ("a.PNG", "a.svg", "a.npz", "a")] == [
        True, True, False, False,
    ]  # fmt: skip
