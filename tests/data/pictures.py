"""Folders and zips of images for the tests."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aetrain.data.images import ImageFolder
from aetrain.data.table import Splits, Table
from aetrain.errors import UserError
from tests.data.tables import every

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
