"""Fixtures for the tests of the data."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, $AETRAIN_SHARED_DATA or ../shared/data beside the repository."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("AETRAIN_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"real data are not in {folder}; set AETRAIN_SHARED_DATA")
    return folder
