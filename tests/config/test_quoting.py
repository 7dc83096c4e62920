"""A value is written as Hydra reads it."""

from datetime import datetime
from pathlib import Path

import pytest

from aetrain.config.quoting import quoted, read
from aetrain.errors import UserError

PATHS = ["s", "outputs/s w", "it's, so", r"a\b", "a=b", "[1]", "ends\\", r"a\'b", "${x}"[1:]]


@pytest.mark.parametrize("text", PATHS)
def test_what_is_written_is_read(text: str) -> None:
    assert read(f"key={quoted(Path(text))}") == text


def test_a_plain_path_stays_as_it_is() -> None:
    assert quoted(Path("outputs/2026-01-01/s_1")) == "outputs/2026-01-01/s_1"


def test_what_hydra_interpolates() -> None:
    assert read("hydra.sweep.dir='s w/${now:%Y}'") == f"s w/{datetime.now():%Y}"
    with pytest.raises(UserError, match="use a plain path"):
        read("hydra.sweep.dir=s/${seed}")
