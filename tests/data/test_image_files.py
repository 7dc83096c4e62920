import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aetrain.data.image_files import Files
from aetrain.data.images import ImageFolder
from aetrain.data.table import Memory
from aetrain.errors import UserError
from tests.data.pictures import RNG, load_error, pixels, png, same, write, zipped
from tests.data.tables import every

BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "is empty; mend or remove it"),
    "text": (lambda: b"no image", "is no image of a known format (PNG, JPEG, "),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "is no image of a known format (PNG, "),
    "truncated": (lambda: png(pixels(60, 50))[:3000], "cannot be read ("),
    "header only": (lambda: png(pixels())[:20], "cannot be read ("),
}


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("size", [None, 4])
def test_files_read_what_memory_holds(
    kind: str, size: int | None, split: Path, tmp_path: Path
) -> None:
    path = split if kind == "folder" else zipped(split, tmp_path / "data.zip")
    memory = ImageFolder(str(path), size=size).load()
    files = ImageFolder(str(path), size=size, memory_limit=100).load()
    assert isinstance(memory.train, Memory)
    assert isinstance(files.train, Files)
    assert same(memory, files)
    again = pickle.loads(pickle.dumps(files.train))
    assert every(again).equal(every(memory.train))
    assert again.read(torch.tensor([1, 0, 1])).equal(memory.train.read(torch.tensor([1, 0, 1])))


def test_large_images_by_threads(tmp_path: Path) -> None:
    images = {f"{i:02}.png": pixels(130, 140) for i in range(40)}
    root = write(tmp_path / "large", images)
    table = ImageFolder(str(root)).load().train
    expected = np.stack([x.transpose(2, 0, 1) for x in images.values()])
    assert (every(table).numpy() == expected).all()
    write(root, {"21.png": b""})
    assert load_error(ImageFolder(str(root))).startswith(f"{root}/21.png: is empty;")


def test_modes(tmp_path: Path) -> None:
    """16-bit grey keeps its upper byte, one bit becomes 0 and 255, alpha is dropped."""
    grey = pixels(channels=1)
    Image.fromarray(grey.astype(np.uint16) * 256 + 17).save(tmp_path / "a.png")
    Image.fromarray(grey > 127).save(tmp_path / "b.png")
    Image.merge("LA", [Image.fromarray(grey)] * 2).save(tmp_path / "c.png")
    x = every(ImageFolder(str(tmp_path)).load().train).numpy()
    assert x.shape[1] == 1
    assert (x[0, 0] == grey).all()
    assert (x[1, 0] == (grey > 127) * 255).all()
    assert (x[2, 0] == grey).all()


def test_palette_with_transparency(tmp_path: Path) -> None:
    colours = Image.fromarray(pixels()).quantize(8)
    colours.save(tmp_path / "a.png", transparency=bytes([0, 128] * 4))
    x = every(ImageFolder(str(tmp_path)).load().train).numpy()
    assert (x[0] == np.asarray(colours.convert("RGB")).transpose(2, 0, 1)).all()


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("name", ["cat/0.png", "dog/1.png"])
def test_broken_image(name: str, what: str, kind: str, folder: Path, tmp_path: Path) -> None:
    content, message = BROKEN[what]
    write(folder, {name: content()})
    path = folder if kind == "folder" else zipped(folder, tmp_path / "data.zip")
    error = load_error(ImageFolder(str(path)))
    assert error.startswith(f"{path}/{name}: {message}")
    assert error.endswith("; mend or remove it")


def test_truncated_jpeg(tmp_path: Path) -> None:
    Image.fromarray(pixels(90, 90)).save(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    error = load_error(ImageFolder(str(tmp_path)))
    assert error.startswith(f"{tmp_path}/a.jpg: cannot be read (image file is truncated")


def test_32_bit_pixels(tmp_path: Path) -> None:
    Image.fromarray(RNG.random((4, 4), dtype=np.float32)).save(tmp_path / "a.tiff")
    assert load_error(ImageFolder(str(tmp_path))) == (
        f"{tmp_path}/a.tiff: cannot be read (its pixels have 32 bits; save it with 8, or as .npy "
        "for dataset=array); mend or remove it"
    )


def test_file_removed_after_load(folder: Path) -> None:
    table = ImageFolder(str(folder), memory_limit=0).load().train
    os.remove(folder / "cat/1.png")
    with pytest.raises(UserError, match=r"cat/1.png: cannot be read \(.*No such file"):
        table.read(torch.tensor([1]))


def test_damaged_zip_member(folder: Path, tmp_path: Path) -> None:
    path = zipped(folder, tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    at = data.index((folder / "dog/2.png").read_bytes()) + 60
    data[at] ^= 255
    path.write_bytes(data)
    assert load_error(ImageFolder(str(path))).startswith(
        f"{path}/dog/2.png: cannot be read (Bad CRC-32"
    )
