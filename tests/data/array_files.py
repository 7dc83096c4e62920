"""Files of numbers for the tests."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aetrain.data.array import Array
from aetrain.data.table import Table
from aetrain.errors import UserError
from aetrain.values import Values

RNG = np.random.default_rng(0)
BYTES = Values(0, 255, 256)


def every(table: Table | None) -> np.ndarray:
    """Return all examples."""
    assert table is not None
    return table.read(torch.arange(len(table))).numpy()


def labels(table: Table | None) -> list[int]:
    assert table is not None
    assert table.y is not None
    assert table.y.dtype == torch.int64
    return table.y.tolist()


def npy(tmp_path: Path, x: Any, name: str = "x.npy") -> str:
    np.save(tmp_path / name, x)
    return str(tmp_path / name)


def npz(tmp_path: Path, **arrays: Any) -> str:
    np.savez(tmp_path / "x.npz", **arrays)
    return str(tmp_path / "x.npz")


def text(tmp_path: Path, content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    (tmp_path / "x.csv").write_bytes(data)
    return str(tmp_path / "x.csv")


def load_error(source: Array) -> str:
    """The message, less the path it begins with."""
    with pytest.raises(UserError) as caught:
        source.load()
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{source.path}: ")
    return message.removeprefix(f"{source.path}: ")


def bytes_of(*shape: int) -> np.ndarray:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def parquet(tmp_path: Path, **columns: Any) -> str:
    pyarrow = pytest.importorskip("pyarrow", reason="reading .parquet needs pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(
        pyarrow.table(columns), tmp_path / "x.parquet"
    )
    return str(tmp_path / "x.parquet")
