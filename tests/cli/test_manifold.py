"""`ae manifold`: one command, a table and a picture."""

import csv
import json
from pathlib import Path

from tests.cli.conftest import Ae

METHODS = ["run", "pca", "lda", "t-sne", "isomap", "lle"]


def test_all_methods_on_the_same_examples(trained_run: Path, here: Path, ae: Ae):
    quick = ["-n", "40", "--codes", "60", "--neighbours", "5", "-o", "out", "--json"]
    status, out, err = ae("manifold", trained_run, *quick)
    assert (status, err) == (0, "")
    rows = json.loads(out)["methods"]
    assert [row["method"] for row in rows] == METHODS
    for row in rows:
        assert 0.4 < row["trustworthiness"] <= 1
        assert 0.4 < row["continuity"] <= 1
        assert row["knn_accuracy_low"] <= row["knn_accuracy"] <= row["knn_accuracy_high"]
        assert (row["squared_error"] is not None) == (row["method"] in ("run", "pca"))
    assert Path("out/planes.png").stat().st_size > 5000
    with Path("out/table.csv").open() as file:
        assert [row["method"] for row in csv.DictReader(file)] == METHODS
    again = json.loads(ae("manifold", trained_run, *quick)[1])["methods"]
    timeless = [{k: v for k, v in row.items() if k != "seconds"} for row in rows]
    assert [{k: v for k, v in row.items() if k != "seconds"} for row in again] == timeless


def test_without_labels_lda_and_neighbours_are_left_out(vectors_run: Path, here: Path, ae: Ae):
    status, out, err = ae("manifold", vectors_run, "-n", "40", "--neighbours", "3", "-o", "out")
    assert (status, err) == (0, "")
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert lines["lda"].split()[1:] == ["-"] * 6 + ["needs", "classes"]
    assert lines["pca"].split()[4] == "-"
    status, _, err = ae("manifold", vectors_run, "-n", "40", "--neighbours", "5")
    assert (status, err) == (
        2,
        "ae: neighbours=5: must be below half of the 10 points; use more points\n",
    )
