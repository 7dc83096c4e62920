import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aetrain.data.array import Array
from aetrain.data.table import Table
from aetrain.errors import UserError
from aetrain.values import BINARY, Values

RNG = np.random.default_rng(0)
BYTES = Values(0, 255, 256)


def every(table: Table | None) -> np.ndarray:
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


# --- shapes, types, ranges ---


def bytes_of(*shape: int) -> np.ndarray:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


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
    source = Array(npy(tmp_path, bytes_of(3, 4)), range=[0, 255])
    assert source.raw == Values(0, 255) == source.load().raw
    assert Array("x.npy").raw is None


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


# --- files ---


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


# --- npz ---


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


# --- csv ---


@pytest.mark.parametrize(
    "content",
    [
        "1,2.5\n-3e1,4\n",
        "a,b\n1,2.5\n-3e1,4\n",
        "\ufeff1,2.5\r\n\r\n-3e1,4",
        '"a, or b",b\n"1","2.5"\n"-3e1","4"\n',
        "\n a ; b \n 1 ; 2.5 \n -3e1 ; 4 \n",
        "1\t2.5\n-3e1\t4\n",
    ],
)
def test_csv(content: str, tmp_path: Path) -> None:
    splits = Array(text(tmp_path, content)).load()
    assert every(splits.train).tolist() == [[1, 2.5], [-30, 4]]
    assert every(splits.train).dtype == np.float32
    assert splits.classes == []


def test_csv_whose_header_counts(tmp_path: Path) -> None:
    assert every(Array(text(tmp_path, "0,1,2\n5,6,7\n")).load().train).tolist() == [[5, 6, 7]]
    assert len(Array(text(tmp_path, "0,1\n5,6\n")).load().train) == 2


@pytest.mark.parametrize("label", ["kind", "2"])
def test_csv_label(label: str, tmp_path: Path) -> None:
    header = "" if label == "2" else "a,b,kind,c\n"
    rows = '1,2,"setosa, L.",3\n4,5,virginica,6\n7,8,"setosa, L.",9\n'
    splits = Array(text(tmp_path, header + rows), label=label).load()
    assert every(splits.train).tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert labels(splits.train) == [0, 1, 0]
    assert splits.classes == ["setosa, L.", "virginica"]


def test_csv_with_pixels_by_number_and_label(tmp_path: Path) -> None:
    splits = Array(text(tmp_path, "label,0,1\n10,1,2\n9,3,4\n10,5,6\n"), label="label").load()
    assert splits.classes == ["9", "10"]
    assert labels(splits.train) == [1, 0, 1]


def test_csv_label_by_number(tmp_path: Path) -> None:
    assert labels(Array(text(tmp_path, "7,1\n8,2\n"), label=0).load().train) == [0, 1]


def test_csv_no_such_label(tmp_path: Path) -> None:
    assert load_error(Array(text(tmp_path, "a,kind\n1,2\n"), label="kid")) == (
        "dataset.label=kid: no such column; there are: a, kind. Did you mean 'kind'?"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "a,b\n1,2\n3,oops\n",
            "row 3, column 2 ('b'): 'oops' is not a number; mend it, or name labels with "
            "dataset.label=...",
        ),
        ("1,2\n,4\n", "row 2, column 1: '' is not a number; mend it"),
        ("1,2\n3,1_0\n", "row 2, column 2: '1_0' is not a number; mend it"),
        ("id,1\n3,10\n", "row 1, column 1: 'id' is not a number; mend it"),
        ("a,b\n1,2\n3\n", "row 3 has 1 cells, the first has 2; mend it"),
        ("1,2\n3,4,5\n", "row 2 has 3 cells, the first has 2; mend it"),
        ("a,b\n", "train holds no rows of numbers; it needs one"),
        ("\n\n", "train holds no rows of numbers; it needs one"),
        ("a,b\n1,2\n3,nan\n", "row 3, column 2 ('b'): nan is not a finite float32; "),
        ("1,2\n-inf,3\n", "row 2, column 1: -inf is not a finite float32; mend or drop the row"),
        (b"1,2\n\xff,3\n", "is not UTF-8 ('utf-8' codec can't decode byte 0xff "),
    ],
)
def test_csv_errors(content: str | bytes, message: str, tmp_path: Path) -> None:
    assert load_error(Array(text(tmp_path, content))).startswith(message)


def test_csv_late_bytes_that_are_no_text(tmp_path: Path) -> None:
    content = b"1,2\n" * 100_000 + b"\xff,3\n"
    assert load_error(Array(text(tmp_path, content))).startswith("is not UTF-8 (")


def test_csv_places_are_named_without_the_column_of_labels(tmp_path: Path) -> None:
    source = Array(text(tmp_path, "a,kind,b\n1,x,2\n3,y,nan\n"), label="kind")
    assert load_error(source).startswith("row 3, column 3 ('b'): nan is not a finite float32")


# --- parquet ---


def parquet(tmp_path: Path, **columns: Any) -> str:
    pyarrow = pytest.importorskip("pyarrow", reason="reading .parquet needs pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(
        pyarrow.table(columns), tmp_path / "x.parquet"
    )
    return str(tmp_path / "x.parquet")


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


# --- real data ---


def test_real_faces(shared_data: Path) -> None:
    splits = Array(str(shared_data / "freyfaces" / "freyfaces.npz")).load()
    assert (len(splits.train), splits.train.event, splits.raw) == (1965, (1, 28, 20), BYTES)


def test_real_sketches_are_pickled(shared_data: Path) -> None:
    path = shared_data / "sketches" / "aaron_sheep.npz"
    assert load_error(Array(str(path))).startswith("holds pickled Python objects")
