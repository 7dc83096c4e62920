"""`ae classes`: sheets of styles and classes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import aetrain
from aetrain.data_of import data_of
from aetrain.evaluation.styles import changed_classes, drawn_styles
from tests.cli.conftest import Ae
from tests.conftest import TINY


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "cvae"
    aetrain.train([*TINY, "model=cvae", f"run.dir={path}"])
    return path


def test_styles_of_the_prior(run: Path, here: Path, ae: Ae):
    line = ["classes", run, "-n", "3", "--seed", "2", "--class", "7", "--class", "1"]
    status, out, err = ae(*line, "--scaled", "-o", "x.npy", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == {"output": "x.npy", "styles": 3, "classes": ["7", "1"]}
    wanted = drawn_styles(aetrain.load(run).model, 3, [7, 1], seed=2)
    assert np.array_equal(np.load("x.npy"), wanted.flatten(0, 1).numpy())


def test_styles_of_examples(run: Path, here: Path, ae: Ae):
    trained: Any = aetrain.load(run)
    batch = data_of(trained).first("test", 3, trained.model.device)
    assert ae("classes", run, "--at", "test:0", "--at", "test:2", "--scaled", "-o", "x.npy")[0] == 0
    x, y = batch["x"][[0, 2]], batch["y"][[0, 2]]
    wanted = changed_classes(trained.model, x, y, range(10)).flatten(0, 1)
    torch.testing.assert_close(torch.from_numpy(np.load("x.npy")), wanted)
    own = ["--at", "test:0", "--condition", "4", "--scaled", "-o", "x.npy"]
    assert ae("classes", run, *own)[0] == 0
    wanted = changed_classes(trained.model, x[:1], torch.tensor([4]), range(10)).flatten(0, 1)
    torch.testing.assert_close(torch.from_numpy(np.load("x.npy")), wanted)


def test_the_sheet_and_its_figures(run: Path, here: Path, ae: Ae):
    for at in ([], ["--at", "test", "-n", "5"]):
        status, out, err = ae("classes", run, *at, "--judge", "--json")
        assert (status, err) == (0, "")
        told = json.loads(out)
        assert told["styles"] == (5 if at else 8)
        assert 0 <= told["recognised"] <= 1
        assert -1 <= told["style_kept"] <= 1
        with Image.open(run / "figures" / "ae_classes.png") as picture:
            assert picture.size[0] > 10 * 48


def test_few_labels_judge_all_of_them(here: Path, ae: Ae, monkeypatch: pytest.MonkeyPatch):
    """Of ten labels among the training examples none is passed over."""
    aetrain.train([*TINY, "model=m2", "dataset.labelled=10", "run.dir=r"])
    seen = list[int]()

    def counted(x: Any, classes: Any, examples: Any) -> float:
        seen.append(sum(int((b["y"] >= 0).sum()) for b in examples))
        return 1.0

    monkeypatch.setattr("aetrain.evaluation.styles.recognised", counted)
    monkeypatch.setattr("aetrain.cli.classes.EXAMPLES", 20)
    status, _, err = ae("classes", "r", "-n", "2", "--judge", "-o", "x.png")
    assert (status, err, seen) == (0, "", [10])


def test_a_model_whose_decoder_sees_no_class(here: Path, ae: Ae):
    aetrain.train([*TINY, "model=jvae", "run.dir=r", "callbacks=default"])
    assert Path("r/figures/styles.png").is_file()
    assert not Path("r/figures/classes.png").exists()
    assert ae("classes", "r", "-n", "2", "-o", "x.png")[0] == 0
    status, _, err = ae("classes", "r", "--at", "test:0")
    assert (status, len(err.splitlines())) == (2, 1)
    assert "sees no class, so that an example looks the same under each: leave --at out" in err


def test_a_model_without_an_encoder(here: Path, ae: Ae):
    aetrain.train([*TINY, "model=gan", "conditioning=concat", "run.dir=r"])
    status, out, err = ae("classes", "r", "-n", "2", "--judge", "--json", "-o", "x.png")
    assert (status, err) == (0, "")
    assert "style_kept" not in json.loads(out)
    status, _, err = ae("classes", "r", "--at", "test:0")
    assert (status, len(err.splitlines())) == (2, 1)
    assert "has no encoder" in err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("classes {plain}", "this model works under no condition: use a run of model=cvae"),
        ("classes {run} --class 10", "--class 10: must be a class of 0, 1"),
    ],
)
def test_what_is_refused(run: Path, trained_run: Path, here: Path, ae: Ae, line: str, message: str):
    status, _, err = ae(*line.format(run=run, plain=trained_run).split())
    assert (status, len(err.splitlines())) == (2, 1)
    assert message in err
