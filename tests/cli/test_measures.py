"""The measures of `ae evaluate` on small runs, and what they refuse."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import aetrain
from aetrain.cli.evaluate import NAMES
from aetrain.cli.given import given
from aetrain.cli.opened import opened
from aetrain.data_of import data_of
from aetrain.evaluation.anomaly import scores
from aetrain.evaluation.measures import MEASURES
from aetrain.evaluation.subject import Subject
from tests.cli.conftest import Ae
from tests.conftest import TINY


def figures(ae: Ae, *line: str | Path) -> dict[str, float]:
    status, out, err = ae("evaluate", *line, "--json", "--no-save")
    assert (status, err) == (0, "")
    return {k.removeprefix("test/"): v for k, v in json.loads(out)[0].items()}


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("classifier") / "net"
    own = ["model=stacked_ae", "head=classifier", "model.layer_epochs=0", "latent=6"]
    aetrain.train([*TINY, *own, f"run.dir={path}"])
    return path


def test_names_are_those_of_the_help():
    assert tuple(MEASURES) == NAMES


def test_ais_lies_between_the_bound_and_a_long_importance_sampling(trained_run: Path, ae: Ae):
    few = ("-n", "12")
    found = figures(ae, trained_run, "-m", "ais", *few, "--temperatures", "60", "--chains", "8")
    long = figures(ae, trained_run, "-m", "nll", *few, "-k", "20000")
    assert found["nll_ais"] == pytest.approx(long["nll"], abs=0.3)
    assert found["nll_ais"] < -long["elbo"] + 0.3
    assert abs(found["ais_gap"]) < 1
    assert 1 <= found["ais_effective"] <= 8
    assert 0.3 < found["ais_acceptance"] < 1


def test_the_parts_of_the_rate(trained_run: Path, ae: Ae):
    found = figures(ae, trained_run, "-m", "decomposition", "-m", "bound")
    names = ("mutual_information", "total_correlation", "dimension_kl")
    assert sum(found[n] for n in names) == pytest.approx(found["sampled_rate"], abs=1e-4)
    error = found["sampled_rate_se"]
    assert abs(found["sampled_rate"] - found["rate"]) < 4 * error
    assert found["mutual_information"] < math.log(60)
    assert found["aggregate_examples"] == 60


def test_parzen(trained_run: Path, ae: Ae):
    found = figures(ae, trained_run, "-m", "parzen", "--draws", "200")
    assert 0.01 < found["parzen_bandwidth"] < 1
    assert found["parzen_se"] > 0
    assert found["parzen_samples"] == 200


def test_samples_in_pixels_and_in_a_classifiers_code(trained_run: Path, classifier: Path, ae: Ae):
    for features in ("pixels", str(classifier)):
        line = ("-m", "samples", "--features", features)
        found = figures(ae, trained_run, *line)
        assert found["sample_features"] == Path(features).name
        assert found["frechet"] > 0
        for name in ("frechet", "kernel_distance", "density", "sharpness", "copying"):
            assert found[f"{name}_se"] >= 0
        for name in ("precision", "recall", "coverage"):
            assert 0 <= found[f"{name}_low"] <= found[name] <= found[f"{name}_high"] <= 1
        assert found == figures(ae, trained_run, *line)
        assert ("modes_found" in found) == (features != "pixels")
    assert 1 <= found["modes_found"] <= found["modes"] <= 10
    assert found["modes_kl"] >= 0
    assert 0.1 <= found["confidence"] <= 1
    drawn = figures(ae, trained_run, "-m", "samples", "--draw", "--draws", "30")
    assert drawn["sample_count"] == 30
    assert drawn["sharpness"] > found["sharpness"]


def test_anomaly_against_scikit_learn(trained_run: Path, here: Path, ae: Ae):
    noise = np.random.default_rng(0).uniform(0, 16, (40, 8, 8)).astype(np.float32)
    np.save("noise.npy", noise)
    found = figures(ae, trained_run, "-m", "anomaly", "--against", "noise.npy", "-k", "5")
    assert {"auroc_elbo", "auroc_distortion", "auroc_rate", "auroc_nll"} <= set(found)
    with opened(trained_run, "cpu", ()) as run:
        subject = Subject(run.trained.model, data_of(run.trained), samples=5)
        others = [{"x": block.x} for block in given(["noise.npy"], run).blocks()]
        own, other = scores(subject, subject.blocks()), scores(subject, others)
    labels = np.r_[np.zeros(60), np.ones(40)]
    for name in ("elbo", "distortion", "rate", "nll"):
        wanted = roc_auc_score(labels, np.r_[own[name], other[name]])
        assert found[f"auroc_{name}"] == pytest.approx(wanted, abs=1e-9)
    assert figures(ae, trained_run, "-m", "anomaly", "--against", "test")["auroc_elbo"] == (
        pytest.approx(0.5, abs=0.02)
    )


def test_disentanglement(here: Path, ae: Ae):
    own = ["dataset=sprites", "dataset.size=8", "dataset.positions=3", "dataset.rotations=3"]
    aetrain.train([*TINY, *own, "run.dir=s"])
    found = figures(ae, "s", "-m", "disentanglement", "-n", "200")
    assert found["factor_examples"] == 200
    for name in ("mig", "dci_disentanglement", "sap", "modularity", "factor_vae", "beta_vae"):
        assert 0 <= found[name] <= 1
        assert found[f"{name}_se"] >= 0


REFUSED = [
    ("-m anomaly", "--measure anomaly: there is nothing to tell from; use --against FILE"),
    ("-m anomaly --against none.npy", "none.npy: no such file"),
    ("-m disentanglement", "nothing is known of the factors of these data; choose a run on"),
    ("-m samples --features nowhere", "--features nowhere: nowhere: "),
    ("-m samples --features VECTORS", "takes examples of the shape (3,), not (1, 8, 8); use a run"),
    ("-m samples -n 10", "must be 20 or more of both"),
    ("-m parzen --split valid", "the bandwidth is chosen by valid; use --split test"),
    ("-m ais --chains 0", "Invalid value for '--chains': 0 is not in the range x>=1"),
    ("-m ais --temperatures x", "'x' is not a valid integer range"),
    ("-m samples --draws 3", "Invalid value for '--draws': 3 is not in the range x>=20"),
]


@pytest.mark.parametrize(("line", "message"), REFUSED)
def test_refused(line: str, message: str, trained_run: Path, vectors_run: Path, here: Path, ae: Ae):
    words = [str(vectors_run) if w == "VECTORS" else w for w in line.split()]
    status, out, err = ae("evaluate", trained_run, *words, "--no-save")
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_plain_autoencoder_has_no_rate(vectors_run: Path, ae: Ae):
    status, _, err = ae("evaluate", vectors_run, "-m", "decomposition")
    assert status == 2
    assert "is no product of them" in err


def test_ais_moves_no_classes(here: Path, ae: Ae):
    aetrain.train([*TINY, "model=aae_cluster", "trainer.max_epochs=1", "run.dir=r"])
    status, _, err = ae("evaluate", "r", "-m", "ais")
    assert status == 2
    assert "draws of p(z) repeat a value, so a part of the code is discrete" in err
    assert len(err.splitlines()) == 1


def test_disentanglement_ranking_of_runs(trained_run: Path, vectors_run: Path, here: Path, ae: Ae):
    aetrain.train([*TINY, "seed=1", "run.dir=other"])
    status, out, err = ae("evaluate", trained_run, "other", "-m", "udr", "-m", "bound", "--json")
    assert (status, err) == (0, "")
    for row in json.loads(out):
        assert 0 <= row["test/udr"] <= 0.9
        assert 0 <= row["test/udr_spearman"] <= 1
        assert row["test/udr_runs"] == 2
        assert "test/elbo" in row
    kept = json.loads(Path("other/evaluation.json").read_text())
    assert kept["test/udr"] == json.loads(out)[1]["test/udr"]
    (trained_run / "evaluation.json").unlink()
    noise = ["dataset=array", "dataset.path=x.npy", "likelihood=bernoulli_grey"]
    np.save("x.npy", np.random.default_rng(0).random((60, 1, 8, 8), np.float32))
    aetrain.train([*TINY, *noise, "run.dir=noise"])
    for runs, message in (
        ([trained_run], "use two runs or more"),
        ([vectors_run, "other"], "shape"),
        ([trained_run, "noise"], "use runs on the same data"),
    ):
        status, _, err = ae("evaluate", *runs, "-m", "udr")
        assert status == 2
        assert message in err


@pytest.mark.parametrize("model", ["aae_cluster", "vade", "gmvae"])
def test_clusters(model: str, trained_run: Path, here: Path, ae: Ae):
    choice = ["prior=gaussian_mixture"] if model == "vade" else []
    results = aetrain.train([*TINY, f"model={model}", *choice, "run.dir=r"])
    found = figures(ae, "r", "-m", "clusters")
    for name in ("cluster_accuracy", "nmi", "ari"):
        assert found[name] == pytest.approx(results[f"test/{name}"])
    for name in ("cluster_error", "cluster_error_by_majority"):
        assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]
    assert 1 <= found["clusters_used"] <= found["clusters"]
    status, _, err = ae("evaluate", "r", "-m", "clusters", "--split", "valid")
    assert (status, "use --split test" in err) == (2, True)
    status, _, err = ae("evaluate", trained_run, "-m", "clusters")
    assert (status, "this model finds none; use a run of model=aae_cluster" in err) == (2, True)
