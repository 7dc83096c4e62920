"""The projector's files, as its own plugin reads them."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from aetrain.review.examples import Examples
from aetrain.review.projector import MOST_DIMENSIONS, sprites, write_projector
from tests.review.reading import projector

ROWS = torch.tensor([0, 2, 5, 6, 9])


def test_each_picture_is_where_the_projector_looks_for_it() -> None:
    x = torch.rand(5, 3, 4, 6)
    sheet, height, width = sprites(x)
    assert (height, width, sheet.shape) == (4, 6, (12, 18, 3))
    for i in range(5):
        row, column = divmod(i, 3)
        tile = sheet[row * 4 : row * 4 + 4, column * 6 : column * 6 + 6]
        assert np.array_equal(tile, (x[i] * 255).round().byte().permute(1, 2, 0).numpy())
    assert (sheet[8:] == 255).all()


def test_large_pictures_are_averaged_down() -> None:
    sheet, height, width = sprites(torch.rand(2, 1, 100, 130))
    assert max(height, width) <= 64
    assert sheet.shape == (2 * height, 2 * width, 3)
    assert max(sprites(torch.zeros(40_000, 1, 64, 64))[0].shape) <= 8192


def test_codes_and_what_is_known_of_them(tmp_path: Path) -> None:
    log = tmp_path / "tensorboard"
    log.mkdir()
    codes = torch.randn(5, 300)
    codes[:, :44] *= 1e-3
    y, p = torch.tensor([0, 1, -1, 2, 1]), torch.eye(3)[[0, 1, 1, 2, 2]]
    write_projector(log, Examples(ROWS, codes, y, torch.rand(5, 1, 8, 8), p), ["a", "b\tc"])
    shown = projector(tmp_path)
    found = np.loadtxt(log / shown.tensor_path, delimiter="\t")
    assert np.allclose(found, codes[:, 300 - MOST_DIMENSIONS :].numpy(), rtol=1e-5)
    assert list(shown.tensor_shape) == [5, MOST_DIMENSIONS]
    lines = (log / shown.metadata_path).read_text().splitlines()
    assert [line.split("\t") for line in lines] == [
        ["class", "named", "row"],
        ["a", "a", "0"],
        ["b c", "b c", "2"],
        ["?", "b c", "5"],
        ["2", "2", "6"],
        ["b c", "2", "9"],
    ]
    with Image.open(log / shown.sprite.image_path) as sheet:
        assert sheet.size == (24, 24)


def test_without_labels_and_pictures_and_again(tmp_path: Path) -> None:
    log = tmp_path / "tensorboard"
    log.mkdir()
    for codes in (torch.randn(5, 2), torch.full((5, 2), torch.nan)):
        write_projector(log, Examples(ROWS, codes, None, None, None), [])
    shown = projector(tmp_path)
    assert not shown.HasField("sprite")
    assert (log / shown.metadata_path).read_text().split() == ["0", "2", "5", "6", "9"]
    assert (np.loadtxt(log / shown.tensor_path) == 0).all()
