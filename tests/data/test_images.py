import io
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aetrain.data.images import Files, ImageFolder
from aetrain.data.table import Memory, Splits, Table
from aetrain.errors import UserError
from aetrain.values import Values

RNG = np.random.default_rng(0)


def pixels(height: int = 6, width: int = 5, channels: int = 3) -> np.ndarray:
    shape = (height, width) if channels == 1 else (height, width, channels)
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def png(data: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(data).save(stream, "PNG")
    return stream.getvalue()


def write(root: Path, files: Mapping[str, bytes | np.ndarray]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(content) if isinstance(content, np.ndarray) else content)
    return root


def zipped(root: Path, target: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(root.rglob("*")):
            archive.write(path, prefix + path.relative_to(root).as_posix())
    return target


def every(table: Table) -> torch.Tensor:
    return table.read(torch.arange(len(table)))


def same(a: Splits, b: Splits) -> bool:
    def equal(left: Table | None, right: Table | None) -> bool:
        if left is None or right is None:
            return left is right
        labels = (left.y is None) == (right.y is None)
        if left.y is not None and right.y is not None:
            labels = left.y.equal(right.y)
        return labels and every(left).equal(every(right))

    tables = zip((a.train, a.valid, a.test), (b.train, b.valid, b.test))
    return a.classes == b.classes and all(equal(left, right) for left, right in tables)


def load_error(source: ImageFolder) -> str:
    with pytest.raises(UserError) as caught:
        source.load()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of three images, 6x5 in colour."""
    names = [f"{label}/{i}.png" for label in ("dog", "cat") for i in range(3)]
    return write(tmp_path / "pets", {name: pixels() for name in names})


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Official splits by class; the class `bird` is in the test set only."""
    names = ["train/dog/a.png", "train/cat/a.png", "val/cat/b.png", "test/bird/c.png"]
    return write(tmp_path / "split", {name: pixels() for name in names})


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


@pytest.mark.parametrize("prefix", ["", "archive/", "a/b/"])
def test_zip_equals_folder(prefix: str, split: Path, folder: Path, tmp_path: Path) -> None:
    for root in (split, folder):
        path = zipped(root, tmp_path / "data.zip", prefix)
        assert same(ImageFolder(str(path)).load(), ImageFolder(str(root)).load())


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


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_opens_the_zip_anew(folder: Path, tmp_path: Path) -> None:
    path = zipped(folder, tmp_path / "data.zip")
    table = ImageFolder(str(path), memory_limit=0).load().train
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.arange(6)),
        batch_size=2,
        num_workers=2,
        collate_fn=lambda rows: table.read(torch.stack([row[0] for row in rows])),
        multiprocessing_context="fork",
    )
    assert torch.cat(list(loader)).equal(every(table))


def test_large_images_by_threads(tmp_path: Path) -> None:
    images = {f"{i:02}.png": pixels(130, 140) for i in range(40)}
    root = write(tmp_path / "large", images)
    table = ImageFolder(str(root)).load().train
    expected = np.stack([x.transpose(2, 0, 1) for x in images.values()])
    assert (every(table).numpy() == expected).all()
    write(root, {"21.png": b""})
    assert load_error(ImageFolder(str(root))).startswith(f"{root}/21.png: is empty;")


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


BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "is empty; mend or remove it"),
    "text": (lambda: b"no image", "is no image of a known format (PNG, JPEG, "),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "is no image of a known format (PNG, "),
    "truncated": (lambda: png(pixels(60, 50))[:3000], "cannot be read ("),
    "header only": (lambda: png(pixels())[:20], "cannot be read ("),
}


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


def test_missing_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_error(ImageFolder("pets")) == (
        f"{tmp_path}/pets: does not exist; name a folder or a .zip with dataset.path=..."
    )


def test_empty_folder_and_empty_zip(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    zipfile.ZipFile(tmp_path / "a.zip", "w").close()
    for name in ("nothing", "a.zip"):
        error = load_error(ImageFolder(str(tmp_path / name)))
        assert error.startswith(f"{tmp_path}/{name}: holds no image (.bmp ")
        assert error.endswith("name a folder or a .zip that does with dataset.path=...")


@pytest.mark.parametrize(("content", "empty"), [(b"", " (it is empty)"), (b"no zip", "")])
def test_no_zip(content: bytes, empty: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    assert load_error(ImageFolder(str(path))) == (
        f"{path}: is neither a folder nor a readable zip{empty}; name one with dataset.path=..."
    )


def test_damaged_zip_member(folder: Path, tmp_path: Path) -> None:
    path = zipped(folder, tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    at = data.index((folder / "dog/2.png").read_bytes()) + 60
    data[at] ^= 255
    path.write_bytes(data)
    assert load_error(ImageFolder(str(path))).startswith(
        f"{path}/dog/2.png: cannot be read (Bad CRC-32"
    )


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "x/../../a.png", "..\\a.png", "C:\\a.png"])
def test_path_traversal(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, png(pixels()))
    assert load_error(ImageFolder(str(tmp_path / "a.zip"))) == (
        f"{tmp_path}/a.zip/{name}: points out of the zip; make the zip anew without it"
    )


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
