import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aetrain.data.images import ImageFolder
from aetrain.data.table import Memory
from aetrain.errors import UserError
from aetrain.values import Values
from tests.data.pictures import load_error, pixels, same, write, zipped


def test_classes_by_folder(folder: Path) -> None:
    splits = ImageFolder(str(folder)).load()
    assert isinstance(splits.train, Memory)
    assert splits.valid is splits.test is None
    assert splits.classes == ["cat", "dog"]
    assert splits.train.y is not None
    assert splits.train.y.dtype == torch.int64
    assert splits.train.y.tolist() == [0, 0, 0, 1, 1, 1]
    assert splits.train.event == (3, 6, 5)
    assert splits.raw == Values(0, 255, 256) == ImageFolder(str(folder)).raw
    first = np.asarray(Image.open(io.BytesIO((folder / "cat/0.png").read_bytes())))
    assert (splits.train.read(torch.tensor([0]))[0].numpy() == first.transpose(2, 0, 1)).all()


def test_flat(tmp_path: Path) -> None:
    splits = ImageFolder(str(write(tmp_path, {"a.png": pixels(), "b.png": pixels()}))).load()
    assert len(splits.train) == 2
    assert splits.train.y is None
    assert splits.classes == []


def test_official_splits(split: Path) -> None:
    splits = ImageFolder(str(split)).load()
    assert splits.classes == ["bird", "cat", "dog"]
    tables = [table for table in (splits.train, splits.valid, splits.test) if table]
    assert [t.y.tolist() for t in tables if t.y is not None] == [[1, 2], [1], [0]]


def test_official_splits_that_are_flat(tmp_path: Path) -> None:
    root = write(tmp_path, {"Train/a.png": pixels(), "Test/b.png": pixels()})
    splits = ImageFolder(str(root)).load()
    assert splits.test is not None
    assert splits.train.y is splits.test.y is None


def test_size(folder: Path) -> None:
    assert ImageFolder(str(folder), size=8).load().train.event == (3, 8, 8)
    table = ImageFolder(str(folder), size=[4, 7], channels=1).load().train
    assert table.event == (1, 4, 7)
    image = Image.open(io.BytesIO((folder / "cat/0.png").read_bytes())).convert("L")
    resized = np.asarray(image.resize((7, 4), Image.Resampling.BILINEAR))
    assert (table.read(torch.tensor([0]))[0, 0].numpy() == resized).all()


@pytest.mark.parametrize(
    ("channels", "second", "expected"),
    [(None, 1, 1), (None, 3, 3), (1, 3, 1), (3, 1, 3)],
)
def test_channels(channels: int | None, second: int, expected: int, tmp_path: Path) -> None:
    root = write(tmp_path, {"a.png": pixels(channels=1), "b.png": pixels(channels=second)})
    assert ImageFolder(str(root), channels=channels).load().train.event[0] == expected


def test_hidden_files_and_texts_are_left_out(folder: Path) -> None:
    before = ImageFolder(str(folder)).load()
    extra = [".DS_Store", "__MACOSX/cat/._0.png", "README.md", "LICENSE", "cat/Thumbs.db"]
    write(folder, dict.fromkeys(extra, b"text"))
    assert same(before, ImageFolder(str(folder)).load())


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("limit", [0, 2**30])
def test_sizes_differ(kind: str, limit: int, folder: Path, tmp_path: Path) -> None:
    write(folder, {"dog/1.png": pixels(9, 7)})
    path = folder if kind == "folder" else zipped(folder, tmp_path / "data.zip")
    assert load_error(ImageFolder(str(path), memory_limit=limit)) == (
        f"{path}/dog/1.png is 9x7 but {path}/cat/0.png is 6x5 (height x width): give one, as in "
        "dataset.size=64"
    )


def test_sizes_differ_between_splits(split: Path) -> None:
    write(split, {"test/bird/c.png": pixels(9, 7)})
    assert "test/bird/c.png is 9x7 but" in load_error(ImageFolder(str(split)))


def test_empty_folder_and_empty_zip(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    zipfile.ZipFile(tmp_path / "a.zip", "w").close()
    for name in ("nothing", "a.zip"):
        error = load_error(ImageFolder(str(tmp_path / name)))
        assert error.startswith(f"{tmp_path}/{name}: holds no image (.bmp ")
        assert error.endswith("name a folder or a .zip that does with dataset.path=...")


def test_foreign_file(folder: Path) -> None:
    write(folder, {"dog/model.pt": b"x"})
    error = load_error(ImageFolder(str(folder)))
    assert error.startswith(f"{folder}/dog/model.pt: is no image (.bmp ")
    assert error.endswith("); remove it")


def test_stray_image(folder: Path) -> None:
    write(folder, {"a.png": pixels()})
    assert load_error(ImageFolder(str(folder))) == (
        f"{folder}/a.png: stands beside folders of classes; move it into one of them"
    )


def test_folder_beside_splits(split: Path) -> None:
    write(split, {"extra/a.png": pixels()})
    assert load_error(ImageFolder(str(split))) == (
        f"{split}/extra/a.png: stands beside train/ and the other splits (train, valid, val, "
        "test); move it into one of them"
    )


@pytest.mark.parametrize("size", [0, -3, [4], [1, 2, 3], []])
def test_wrong_size(size: int | list[int]) -> None:
    with pytest.raises(UserError, match=r"dataset.size=.*: is no size; dataset.size=64 or "):
        ImageFolder("x", size=size)


def test_wrong_channels() -> None:
    with pytest.raises(UserError, match=r"dataset.channels=4: must be 1 \(grey\), 3 \(RGB\)"):
        ImageFolder("x", channels=4)


def test_real_cifar_zip(shared_data: Path) -> None:
    splits = ImageFolder(str(shared_data / "cifar10_jpg" / "cifar10_jpg.zip")).load()
    assert splits.test is not None
    assert splits.train.y is not None
    assert (len(splits.train), len(splits.test)) == (20000, 5000)
    assert splits.train.event == (3, 32, 32)
    assert splits.classes[:2] == ["airplane", "automobile"]
    assert splits.train.y.bincount().tolist() == [2000] * 10


def test_real_grey_zip_with_one_folder_around(shared_data: Path) -> None:
    path = shared_data / "omniglot" / "images_background_small1.zip"
    splits = ImageFolder(str(path), size=28).load()
    assert (len(splits.train), splits.train.event) == (2720, (1, 28, 28))
    assert len(splits.classes) == 5
