"""Fixtures for the tests of the data."""

import os
from pathlib import Path

import pytest

from tests.data.pictures import pixels, write


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, $AETRAIN_SHARED_DATA or ../shared/data beside the repository."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("AETRAIN_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"real data are not in {folder}; set AETRAIN_SHARED_DATA")
    return folder


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
