import zipfile
from pathlib import Path

import numpy as np
import pytest

from aetrain.data.array import Array
from tests.data.array_files import RNG, bytes_of, every, labels, load_error, npy, npz


@pytest.mark.parametrize("keep", [8, 60, 300])
def test_truncated_npy(keep: int, tmp_path: Path) -> None:
    path = Path(npy(tmp_path, RNG.random((20, 4))))
    path.write_bytes(path.read_bytes()[:keep])
    assert load_error(Array(str(path))).startswith("is damaged or cut short (")


def test_no_npy(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"\x80\x04garbage")
    message = load_error(Array(str(tmp_path / "x.npy")))
    assert message == "is no .npy file; save it with np.save"


def test_truncated_npz(tmp_path: Path) -> None:
    path = Path(npz(tmp_path, x=RNG.random((20, 4))))
    path.write_bytes(path.read_bytes()[:-30])
    assert load_error(Array(str(path))) == "is no .npz file, or cut short; save it with np.savez"


def test_damaged_npz(tmp_path: Path) -> None:
    path = Path(npz(tmp_path, x=RNG.random((20, 4))))
    data = bytearray(path.read_bytes())
    data[400] ^= 255
    path.write_bytes(data)
    assert load_error(Array(str(path))).startswith("is damaged or cut short (Bad CRC-32 ")


class Trap:
    """Raises when it is unpickled."""

    def __reduce__(self) -> tuple:
        return exec, ("raise SystemExit('unpickled')",)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    x = np.array([Trap(), Trap()], dtype=object)
    message = (
        "holds pickled Python objects, which could run code and are not read; save plain numbers "
        "of one shape"
    )
    assert load_error(Array(npy(tmp_path, x))) == message
    assert load_error(Array(npz(tmp_path, x=x))) == message
    assert load_error(Array(npz(tmp_path, x=np.eye(2), y=x))) == message


def test_npz_with_splits(tmp_path: Path) -> None:
    x = {split: bytes_of(n, 4, 4) for split, n in (("train", 5), ("val", 3), ("test", 2))}
    for spelling in ("x_{}", "{}_images", "{}"):
        arrays = {spelling.format(split): x[split] for split in x}
        splits = Array(npz(tmp_path, **arrays, y_train=[4, 7, 4, 9, 7], y_test=[[9], [4]])).load()
        assert (every(splits.valid)[:, 0] == x["val"]).all()
        assert (every(splits.test)[:, 0] == x["test"]).all()
        assert splits.classes == ["4", "7", "9"]
        assert (labels(splits.train), labels(splits.test)) == ([0, 1, 0, 2, 1], [2, 0])
        assert splits.valid is not None
        assert splits.valid.y is None


@pytest.mark.parametrize("name", ["x", "data", "images", "X", "anything"])
def test_npz_of_one_array(name: str, tmp_path: Path) -> None:
    splits = Array(npz(tmp_path, **{name: np.ones((3, 2)), "y": ["b", "a", "b"]})).load()
    assert splits.classes == ["a", "b"]
    assert labels(splits.train) == [1, 0, 1]


def test_npz_label(tmp_path: Path) -> None:
    path = npz(tmp_path, x=np.ones((3, 2)), y=[1, 2, 3], kind=[0.0, 1.0, 0.0])
    assert labels(Array(path, label="kind").load().train) == [0, 1, 0]
    assert load_error(Array(path, label="kin")) == (
        "dataset.label=kin: no such array; its arrays are: x, y, kind"
    )


def test_npz_with_several_arrays(tmp_path: Path) -> None:
    assert load_error(Array(npz(tmp_path, a=np.ones(3), b=np.ones(3)))) == (
        "which array are the examples? Name it x; its arrays are: a, b"
    )
    zipfile.ZipFile(tmp_path / "x.npz", "w").close()
    message = load_error(Array(str(tmp_path / "x.npz")))
    assert message == "which array are the examples? Name it x; its arrays are: none"


def test_npy_has_no_labels(tmp_path: Path) -> None:
    message = load_error(Array(npy(tmp_path, np.eye(3)), label="y"))
    assert message == "a .npy has no labels; leave dataset.label out, or save a .npz"


def test_real_sketches_are_pickled(shared_data: Path) -> None:
    path = shared_data / "sketches" / "aaron_sheep.npz"
    assert load_error(Array(str(path))).startswith("holds pickled Python objects")
