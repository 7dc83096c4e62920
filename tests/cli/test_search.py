"""`ae search` against scikit-learn on the library's codes."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.neighbors import NearestNeighbors

import aetrain
from aetrain.cli.search import METRICS as WORDS
from aetrain.data_of import data_of
from aetrain.evaluation.search import METRICS
from tests.cli.conftest import Ae
from tests.conftest import TINY


def splits(run: Path) -> dict[str, dict[str, torch.Tensor]]:
    trained = aetrain.load(run)
    data = data_of(trained)
    found = {}
    for name in ("train", "test"):
        batch = data.first(name, 60, trained.model.device)
        found[name] = {**batch, "codes": trained.encode(batch["x"])}
    return found


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_neighbours_by_codes_are_scikit_learns(trained_run: Path, here: Path, ae: Ae, metric: str):
    options = ["test", "-n", "5", "--metric", metric]
    status, out, err = ae("search", trained_run, "test", *options, "--json", "-o", "f.csv")
    assert (status, err) == (0, "")
    told = json.loads(out)
    of = splits(trained_run)["test"]
    z = of["codes"].double().numpy()
    oracle = NearestNeighbors(n_neighbors=5, metric=metric, algorithm="brute").fit(z)
    distance, row = oracle.kneighbors()  # of its own points, each left out
    rows = np.array([line["row"] for line in told["found"]]).reshape(60, 5)
    distances = np.array([line["distance"] for line in told["found"]]).reshape(60, 5)
    assert np.allclose(distances, distance, atol=1e-9)
    same = np.isclose(np.diff(distance, axis=1), 0).any(1) | (rows == row).all(1)
    assert same.all()
    y = of["y"].numpy()
    shares = (y[rows] == y[:, None]).mean(1)
    assert told["precision"] == pytest.approx(shares.mean())
    assert told["precision_se"] == pytest.approx(shares.std(ddof=1) / 60**0.5)
    with Path("f.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [int(line["row"]) for line in lines] == rows.flatten().tolist()
    assert lines[7]["query"] == "test:1"
    assert lines[7]["rank"] == "3"
    assert lines[7]["class"] == str(y[rows[1, 2]])


def test_by_pixels_among_several_and_in_a_picture(trained_run: Path, here: Path, ae: Ae):
    line = ["search", trained_run, "test:3", "train", "test", "--by", "pixels", "-n", "7"]
    status, out, _ = ae(*line, "-o", "f.png", "--json")
    assert status == 0
    of = splits(trained_run)
    told = json.loads(out)["found"]
    x = of["test"]["x"][3]
    for found in told:
        other = of[found["data"]]["x"][found["row"]] if found["data"] == "test" else None
        if other is not None:
            assert found["distance"] == pytest.approx((x - other).norm().item(), rel=1e-5)
    assert ("test", 3) not in [(found["data"], found["row"]) for found in told]
    with Image.open("f.png") as picture:
        assert picture.width > 8 * 56
    status, out, _ = ae(*line)
    assert status == 0
    assert out.splitlines()[-1] == str(trained_run / "figures/ae_search.png")
    assert "precision: " in out


def test_a_file_finds_its_copy(trained_run: Path, here: Path, ae: Ae):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (50, 1, 8, 8)).astype(np.float32)
    np.save("many.npy", x)
    np.save("one.npy", x[[31]])
    options = ["--scaled", "-n", "2", "-o", "f.json"]
    assert ae("search", trained_run, "one.npy", "many.npy", *options)[0] == 0
    told = json.loads(Path("f.json").read_text())
    assert told["found"][0]["row"] == 31
    assert told["found"][0]["distance"] < 1e-6  # one row and fifty round differently
    assert "precision" not in told
    assert ae("search", trained_run, "many.npy:31", "many.npy", *options)[0] == 0
    assert json.loads(Path("f.json").read_text())["found"][0]["row"] != 31


def test_bits(here: Path, ae: Ae):
    own = ["posterior=bernoulli", "prior=bernoulli", "latent=9"]
    aetrain.train([*TINY, *own, "run.dir=r"])
    line = ["search", "r", "test", "test", "--metric", "hamming", "-n", "4"]
    status, out, err = ae(*line, "--json", "-o", "f.csv")
    assert (status, err) == (0, "")
    bits = (splits(Path("r"))["test"]["codes"] > 0.5).numpy()
    oracle = NearestNeighbors(n_neighbors=4, metric="hamming", algorithm="brute").fit(bits)
    distances = np.array([line["distance"] for line in json.loads(out)["found"]]).reshape(60, 4)
    assert np.allclose(distances, 9 * oracle.kneighbors()[0])


def test_conditional_codes_are_those_of_the_labels(here: Path, ae: Ae):
    aetrain.train([*TINY, "model=cvae", "run.dir=r"])
    status, out, err = ae("search", "r", "test:2", "test", "--json", "-n", "6")
    assert (status, err) == (0, "")
    trained = aetrain.load("r")
    batch = data_of(trained).first("test", 60, trained.model.device)
    z = trained.encode(batch["x"], condition=batch["y"]).double()
    distances = (z - z[2]).norm(dim=1).sort().values[1:7]
    told = [line["distance"] for line in json.loads(out)["found"]]
    assert told == pytest.approx(distances.tolist(), abs=1e-6)
    np.save("one.npy", batch["x"][:1].numpy())
    status, _, err = ae("search", "r", "one.npy", "test", "--scaled")
    assert (status, len(err.splitlines())) == (2, 1)
    assert "ae sample RUN --condition 3" in err


def test_vectors(vectors_run: Path, here: Path, ae: Ae):
    status, out, err = ae("search", vectors_run, "test:0", "-n", "3", "-o", "f.png")
    assert (status, err) == (0, "")
    assert "class" not in out
    status, _, err = ae("search", vectors_run, "test", "-n", "3", "-o", "f.png")
    assert status == 2
    assert "3 neighbours each: too many for one picture; use -o with a .csv or .json" in err


def test_the_helps_words_are_all_metrics():
    assert {*WORDS} == {*METRICS}
