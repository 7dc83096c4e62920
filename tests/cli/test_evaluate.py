"""`ae evaluate`: a run's own test again, and more measures."""

import json
import shutil
from pathlib import Path

import pytest

import aetrain
from aetrain.data_of import data_of
from aetrain.errors import UserError
from tests.cli.conftest import Ae
from tests.conftest import TINY


def test_a_runs_own_test_is_found_again(trained_run: Path, ae: Ae):
    status, out, err = ae("evaluate", trained_run, "-m", "nll", "-k", "5", "--json", "--no-save")
    assert (status, err) == (0, "")
    (found,) = json.loads(out)
    results = json.loads((trained_run / "results.json").read_text())
    common = [name for name in results if name.startswith("test/")]
    assert {name: found[name] for name in common} == {name: results[name] for name in common}
    assert not (trained_run / "evaluation.json").exists()


def test_features_of_a_run_are_those_of_its_training(here: Path, ae: Ae):
    results = aetrain.train([*TINY, "run.dir=r", "evaluation.probe=50"])
    assert results["test/probe_codes"] == 50
    assert results["time/probe_s"] > 0
    low, middle, high = (results[f"test/probe_accuracy{end}"] for end in ("_low", "", "_high"))
    assert low < middle < high
    status, out, _ = ae("evaluate", "r", "-m", "features", "--codes", "50", "--json")
    assert status == 0
    (found,) = json.loads(out)
    for name in ("probe_accuracy", "knn_accuracy", "knn_accuracy_low", "probe_strength"):
        assert found[f"test/{name}"] == results[f"test/{name}"]


def test_figures_are_kept_and_new_ones_join_them(trained_run: Path, here: Path, ae: Ae):
    shutil.copytree(trained_run, "r")
    assert ae("evaluate", "r", "-m", "bound")[0] == 0
    status, out, _ = ae("evaluate", "r", trained_run, "-m", "squared_error", "-o", "both.json")
    assert status == 0
    assert "test/squared_error" in out
    kept = json.loads(Path("r/evaluation.json").read_text())
    assert {"test/elbo", "test/squared_error", "test/squared_error_se"} <= set(kept)
    assert len(json.loads(Path("both.json").read_text())) == 2
    (trained_run / "evaluation.json").unlink()


def test_figures_of_a_part_leave_the_runs_own_ones(trained_run: Path, here: Path, ae: Ae):
    shutil.copytree(trained_run, "r")
    own = json.loads(Path("r/results.json").read_text())
    status, out, err = ae("evaluate", "r", "-m", "nll", "-m", "parzen", "-n", "30", "-k", "9")
    assert status == 0
    assert " of 30" in out
    assert err.startswith("r: not kept, as they are known of more examples or draws: test/")
    assert " test/nll," in err
    assert "test/parzen" not in err
    (listed,) = json.loads(ae("runs", ".", "--json")[1])
    assert listed["test/nll"] == own["test/nll"]
    assert listed["test/parzen_examples"] == 30
    table = ae("runs", ".", "-c", "parzen", "-c", "nll")[1].splitlines()[1]
    assert table.count(" of 30") == 1
    assert ae("evaluate", "r", "-m", "nll", "-k", "9")[2] == ""  # more draws than the run's
    assert json.loads(ae("runs", ".", "--json")[1])[0]["test/nll_samples"] == 9


def test_other_weights_than_the_run_keeps_are_judged_and_not_kept(
    trained_run: Path, here: Path, ae: Ae
):
    shutil.copytree(trained_run, "r")
    status, out, err = ae("evaluate", "r/checkpoints/last.ckpt", "-m", "bound")
    assert (status, "test/elbo" in out) == (0, True)
    assert err == "r/checkpoints/last.ckpt: its figures are not kept, as the run keeps others\n"
    assert not Path("r/evaluation.json").exists()


def test_figures_of_older_weights_do_not_stand_beside_new_ones(
    trained_run: Path, here: Path, ae: Ae
):
    shutil.copytree(trained_run, "r")
    assert ae("evaluate", "r", "-m", "squared_error")[0] == 0
    kept = json.loads(Path("r/evaluation.json").read_text())
    Path("r/evaluation.json").write_text(json.dumps({**kept, "kept_step": 1}))
    assert ae("evaluate", "r", "-m", "bound")[0] == 0
    assert "test/squared_error" not in json.loads(Path("r/evaluation.json").read_text())
    assert "test/squared_error" in json.loads(Path("r/evaluation-1.json").read_text())


def test_bits_are_the_same_by_every_measure(trained_run: Path, ae: Ae):
    own = json.loads((trained_run / "results.json").read_text())["test/bits_per_dim"]
    for measure in ("bound", "nll"):
        out = ae("evaluate", trained_run, "-m", measure, "-k", "5", "--json", "--no-save")[1]
        assert json.loads(out)[0]["test/bits_per_dim"] == own


def test_squared_error_is_the_reconstructions(trained_run: Path, ae: Ae):
    trained = aetrain.load(trained_run)
    data = data_of(trained)
    x = data.first("test", 60, trained.model.device)["x"]
    wanted = (trained.reconstruct(x) - x).double().square().flatten(1).sum(1).mean().item()
    out = ae("evaluate", trained_run, "-m", "squared_error", "--json", "--no-save")[1]
    assert json.loads(out)[0]["test/squared_error"] == pytest.approx(wanted, rel=1e-5)


def test_a_model_without_evidence_says_so(vectors_run: Path, ae: Ae):
    status, out, err = ae("evaluate", vectors_run, "-m", "nll", "--save")
    assert (status, out) == (2, "")
    assert err == (
        "ae: --measure nll: this model has no log p(x), as no density of its codes goes with what"
        " it decodes; choose another measure, such as bound for the costs that it has\n"
    )
    assert not (vectors_run / "evaluation.json").exists()
    assert "test/distortion" in ae("evaluate", vectors_run, "--no-save")[1]  # what is usual


def test_features_need_classes(vectors_run: Path, ae: Ae):
    status, _, err = ae("evaluate", vectors_run, "-m", "features")
    assert status == 2
    assert err == (
        "ae: --measure features: the data have no labels: choose data with classes, or leave it"
        " out\n"
    )
    own = ["dataset=array", f"dataset.path={vectors_run.parent / 'x.csv'}", "likelihood=gaussian"]
    with pytest.raises(UserError, match=r"evaluation\.probe=9: the data have no labels"):
        aetrain.train([*TINY, *own, "evaluation.probe=9"])


def test_features_need_an_encoder(here: Path, ae: Ae):
    with pytest.raises(UserError, match=r"evaluation\.probe=9: this model has no encoder"):
        aetrain.train([*TINY, "model=gan", "evaluation.probe=9", "run.dir=g"])
    assert not Path("g").exists()
    aetrain.train([*TINY, "model=gan", "trainer.max_epochs=1", "run.dir=g"])
    status, _, err = ae("evaluate", "g", "-m", "features")
    assert status == 2
    assert err.startswith("ae: model=gan has no encoder")
