from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aetrain.data.array import Array
from aetrain.errors import UserError
from aetrain.values import BINARY, Values
from tests.data.array_files import BYTES, RNG, bytes_of, every, load_error, npy, npz, text


@pytest.mark.parametrize(
    ("shape", "event"),
    [
        ((4,), (1,)),
        ((4, 7), (7,)),
        ((4, 5, 6), (1, 5, 6)),
        ((4, 5, 6, 1), (1, 5, 6)),
        ((4, 5, 6, 3), (3, 5, 6)),
        ((4, 3, 5, 6), (3, 5, 6)),
        ((4, 1, 5, 3), (1, 5, 3)),
    ],
)
def test_bytes(shape: tuple[int, ...], event: tuple[int, ...], tmp_path: Path) -> None:
    x = bytes_of(*shape)
    splits = Array(npy(tmp_path, x)).load()
    table = every(splits.train)
    assert table.dtype == np.uint8
    assert splits.train.event == event
    assert splits.raw == BYTES
    last = len(shape) == 4 and event != shape[1:]
    assert (table.reshape(-1) == (x.transpose(0, 3, 1, 2) if last else x).reshape(-1)).all()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f8", "i4", "i8", "u2"])
def test_other_numbers_become_float32(dtype: str, tmp_path: Path) -> None:
    x = RNG.integers(0, 100, (5, 4, 3)).astype(dtype)
    splits = Array(npy(tmp_path, x)).load()
    assert every(splits.train).dtype == np.float32
    assert (every(splits.train) == x).all()
    assert splits.train.event == (4, 3)
    assert splits.raw is None


@pytest.mark.parametrize("dtype", ["?", "u1", "i8", "f4", "f8"])
def test_zeros_and_ones_are_binary(dtype: str, tmp_path: Path) -> None:
    assert Array(npy(tmp_path, np.eye(4, dtype=dtype))).load().raw == BINARY


def test_all_splits_must_be_binary(tmp_path: Path) -> None:
    assert Array(npz(tmp_path, x_train=np.eye(3), x_test=np.eye(3) / 2)).load().raw is None


def test_black_bytes_are_bytes(tmp_path: Path) -> None:
    assert Array(npy(tmp_path, np.zeros((3, 2), np.uint8))).load().raw == BYTES


def test_declared_range(tmp_path: Path) -> None:
    for path in (npy(tmp_path, bytes_of(3, 4)), text(tmp_path, "0,255\n7,8\n")):
        source = Array(path, range=[0, 255])
        assert source.raw is None  # the data will tell whether these are levels
        assert source.load().raw == BYTES
    assert Array(npy(tmp_path, np.eye(3)), range=[-1, 1]).load().raw == Values(-1, 1, 3)
    assert Array(npy(tmp_path, np.eye(3)), range=[0, 1]).load().raw == BINARY
    assert Array("x.npy").raw is None


def test_declared_range_of_numbers_that_are_no_levels(tmp_path: Path) -> None:
    path = npz(tmp_path, x_train=np.eye(3), x_test=np.eye(3) / 2)
    assert Array(path, range=[0, 1]).load().raw == Values(0, 1)
    path = npy(tmp_path, np.eye(3))
    for bounds in ([0, 1.5], [-0.5, 1], [0, 1e9]):
        source = Array(path, range=bounds)
        assert source.raw == Values(*bounds) == source.load().raw


@pytest.mark.parametrize("bounds", [[1], [1, 1], [2, 1], [0, 1, 2], [0, float("inf")], ["a", "b"]])
def test_wrong_range(bounds: list) -> None:
    with pytest.raises(UserError, match=r"^dataset.range=\[.*\]: must be \[low,high\], as in "):
        Array("x.npy", range=bounds)


def test_out_of_range(tmp_path: Path) -> None:
    x = np.zeros((5, 4))
    x[3, 2] = -0.5
    assert load_error(Array(npy(tmp_path, x), range=[0, 1])) == (
        "row 3, column 2 (counted from 0): -0.5 is outside dataset.range=[0,1]; widen the range"
    )


@pytest.mark.parametrize(("value", "said"), [(np.nan, "nan"), (-np.inf, "-inf"), (1e99, "1e+99")])
def test_not_finite(value: float, said: str, tmp_path: Path) -> None:
    x = RNG.random((5, 4))
    x[2, 1] = x[4, 0] = value
    for bounds in (None, [0, 1]):
        assert load_error(Array(npy(tmp_path, x), range=bounds)) == (
            f"row 2, column 1 (counted from 0): {said} is not a finite float32; "
            "mend or drop the row"
        )


def test_not_finite_in_an_image_is_named_as_it_stands_in_the_file(tmp_path: Path) -> None:
    x = np.zeros((5, 4, 6, 3))
    x[2, 1, 5, 0] = np.nan
    assert "row 2, entry [1, 5, 0] (counted from 0): nan" in load_error(Array(npy(tmp_path, x)))


@pytest.mark.parametrize("x", [["a", "b"], [1j, 2j]])
def test_no_numbers(x: list, tmp_path: Path) -> None:
    message = load_error(Array(npy(tmp_path, np.array(x))))
    assert message == f"holds {np.array(x).dtype}, not numbers; save them as uint8 or float32"


def test_wrong_extension() -> None:
    with pytest.raises(UserError, match=r"x.mat: must end in one of .npy, .npz, .csv, .parquet"):
        Array("x.mat")


@pytest.mark.parametrize("suffix", ["npy", "npz", "csv", "parquet"])
def test_absent_empty_and_folder(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = Array(f"x.{suffix}")
    assert source.path == tmp_path / f"x.{suffix}"
    assert load_error(source) == "does not exist; name a file with dataset.path=..."
    source.path.touch()
    assert load_error(source) == "is empty; name a file of numbers with dataset.path=..."
    source.path.unlink()
    source.path.mkdir()
    assert load_error(source) == "is a folder; name a file with dataset.path=..."


@pytest.mark.parametrize("x", [np.zeros((0, 3)), np.zeros((3, 0)), np.float32(1.0)])
def test_no_rows(x: Any, tmp_path: Path) -> None:
    message = "train holds no rows of numbers; it needs one"
    assert load_error(Array(npy(tmp_path, x))) == message
    assert load_error(Array(npz(tmp_path, x=x))) == message


def test_splits_that_differ(tmp_path: Path) -> None:
    path = npz(tmp_path, x_train=np.ones((3, 2)), x_test=np.ones((3, 4)))
    assert load_error(Array(path)) == (
        "examples of test are (4,) float32, those of train (2,) float32; save them alike"
    )


@pytest.mark.parametrize("y", [[1, 2], np.eye(3)])
def test_wrong_number_of_labels(y: Any, tmp_path: Path) -> None:
    assert load_error(Array(npz(tmp_path, x=np.eye(3), y=y))) == (
        f"labels of train are {np.shape(y)} for 3 rows; there must be one for each row"
    )


@pytest.mark.parametrize("y", [[0.5, 1, 2], [np.nan, 1, 2], [np.inf, 1, 2], [1j, 1, 2]])
def test_labels_that_are_none(y: list, tmp_path: Path) -> None:
    message = load_error(Array(npz(tmp_path, x=np.eye(3), y=y)))
    assert message == "labels of train must be whole numbers or text"


def test_real_faces(shared_data: Path) -> None:
    splits = Array(str(shared_data / "freyfaces" / "freyfaces.npz")).load()
    assert (len(splits.train), splits.train.event, splits.raw) == (1965, (1, 28, 20), BYTES)
