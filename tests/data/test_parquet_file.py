import sys
from pathlib import Path

import numpy as np
import pytest

from aetrain.data.array import Array
from tests.data.array_files import BYTES, every, labels, load_error, parquet


def test_parquet(tmp_path: Path) -> None:
    path = parquet(tmp_path, a=[1, 2, 3], kind=["u", "v", "u"], b=[0.5, 1.5, 2.5])
    splits = Array(path, label="kind").load()
    assert every(splits.train).tolist() == [[1, 0.5], [2, 1.5], [3, 2.5]]
    assert labels(splits.train) == [0, 1, 0]
    assert splits.classes == ["u", "v"]
    assert load_error(Array(path)) == (
        "column 'kind' holds string, not numbers; drop it, or name labels with dataset.label=..."
    )
    assert load_error(Array(path, label="kinds")).endswith(
        "no such column; there are: a, kind, b. Did you mean 'kind'?"
    )


def test_parquet_of_bytes(tmp_path: Path) -> None:
    splits = Array(parquet(tmp_path, a=np.array([1, 200], np.uint8))).load()
    assert (every(splits.train).dtype, splits.raw) == (np.uint8, BYTES)


def test_parquet_with_nothing_in_a_cell(tmp_path: Path) -> None:
    assert load_error(Array(parquet(tmp_path, a=[1, 2, 3], b=[4, None, 6]))).startswith(
        "row 1, column 1 ('b') (counted from 0): nan is not a finite float32"
    )
    assert load_error(Array(parquet(tmp_path, a=[1, 2], y=["u", None]), label="y")) == (
        "labels of train must be whole numbers or text"
    )


def test_truncated_parquet(tmp_path: Path) -> None:
    path = Path(parquet(tmp_path, a=[1, 2, 3]))
    path.write_bytes(path.read_bytes()[:-20])
    assert load_error(Array(str(path))).startswith("is damaged or cut short (")


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    assert load_error(Array(str(tmp_path / "x.parquet"))) == (
        'reading it needs pyarrow: pip install "aetrain[parquet]"'
    )
