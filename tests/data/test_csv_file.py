from pathlib import Path

import numpy as np
import pytest

from aetrain.data.array import Array
from tests.data.array_files import every, labels, load_error, text


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
