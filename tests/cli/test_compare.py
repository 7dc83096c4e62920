"""`ae compare`: runs beside each other, and the study of limits."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import aetrain
from aetrain.cli.limits import unbinarised
from aetrain.cli.opened import opened
from tests.cli.conftest import Ae
from tests.conftest import TINY
from tests.test_page import Tree

GREY = [*TINY, "likelihood=bernoulli_grey", "callbacks=none"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory of runs, two of which are on codes of three numbers."""
    root = tmp_path_factory.mktemp("compared")

    def train(name: str, *words: str) -> None:
        aetrain.train([*GREY, f"run.dir={root / name}", *words])

    train("ae", "model=ae")
    train("vae", "model=vae", "seed=1")
    train("wide", "model=vae", "latent=3")
    shutil.copytree(root / "ae", root / "sweep" / "0")
    shutil.copytree(root / "vae", root / "sweep" / "1")
    shutil.copytree(root / "vae", root / "sweep" / "10")
    shutil.copytree(root / "wide", root / "sweep" / "2")
    train("classifier", "model=stacked_ae", "head=classifier", "model.layer_epochs=0")
    train("ae3", "model=ae", "latent=3")
    train("gan", "model=gan")
    train("ring", "model=vae", "prior=ring")
    return root


def test_a_table_of_two_runs(runs: Path, here: Path, ae: Ae):
    status, out, err = ae("compare", runs / "ae", runs / "vae", "-o", "t.csv")
    assert (status, err) == (0, "")
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line}
    assert lines["model"][1:] == ["ae", "vae"]
    assert lines["seed"][1:] == ["0", "1"]
    assert "latent" not in list(lines)[: list(lines).index("test/distortion")]
    both = [json.loads((runs / r / "results.json").read_text()) for r in ("ae", "vae")]
    found = [r["test/distortion"] for r in both]
    best = min((0, 1), key=lambda i: found[i])
    with Path("t.csv").open(newline="") as file:
        rows = {row["figure"]: row for row in csv.DictReader(file)}
    row = rows["test/distortion"]
    assert [float(row["ae"]), float(row["vae"])] == found
    each = [np.load(runs / name / "examples.npz")["test/distortion"] for name in ("ae", "vae")]
    error = stats.sem(each[1] - each[0])
    certain = abs(found[0] - found[1]) > 2 * error
    assert (row["better"], row["best"]) == ("lower", ["ae", "vae"][best] if certain else "ae vae")
    assert lines["test/distortion"].count("*") == (1 if certain else 2)
    assert lines["test/distortion"][4 if best == 0 else -4] == "*" or not certain


def test_json_differences_and_a_sweep_in_order(runs: Path, ae: Ae):
    status, out, _ = ae("compare", runs / "sweep", "-m", "nll", "-m", "latent", "--json")
    assert status == 0
    found = json.loads(out)
    assert [Path(r).name for r in found["runs"]] == ["0", "1", "2", "10"]
    nll = found["figures"]["test/nll"]
    assert nll["values"][0] is None
    assert nll["differences"] == [None] * 4  # the first run has none to hold them against
    assert found["differs"]["latent"] == [2, 2, 3, 2]
    pair = json.loads(ae("compare", runs / "vae", runs / "wide", "-m", "nll", "--json")[1])
    nll = pair["figures"]["test/nll"]
    assert nll["differences"][1] == pytest.approx(nll["values"][1] - nll["values"][0])
    each = [np.load(runs / name / "examples.npz")["test/nll"] for name in ("vae", "wide")]
    error = stats.sem(each[1] - each[0])
    assert nll["difference_errors"][1] == pytest.approx(error, rel=1e-4)
    assert error < np.hypot(*nll["errors"])


def test_a_stopped_run_beside_a_finished_one(runs: Path, here: Path, ae: Ae):
    shutil.copytree(runs / "vae", "stopped")
    (Path("stopped") / "results.json").unlink()
    status, out, err = ae("compare", runs / "ae", "stopped", "-o", "table.png")
    assert (status, err) == (0, "")
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line}
    assert lines["state"] == ["state", "-", "stopped"]
    assert lines["model"] == ["model", "ae", "vae"]
    assert Path("table.png").read_bytes().startswith(b"\x89PNG")
    assert "steps" not in lines
    assert "steps" in json.loads(ae("compare", runs / "ae", "stopped", "--json")[1])["figures"]
    assert ae("compare", runs / "ae", "stopped", "-o", "page.html")[0] == 0
    assert ">None<" not in Path("page.html").read_text()
    for file in Path("stopped").glob("*.*"):
        if file.suffix in (".csv", ".npz"):
            file.unlink()
    shutil.copytree("stopped", "second")
    assert ae("compare", "stopped", "second", "-o", "t.csv")[0] == 0
    assert Path("t.csv").read_text().splitlines()[1:] == ["latent,,,,2,,,2,,,,"]


def test_a_page_shows_the_same_examples(runs: Path, here: Path, ae: Ae):
    wanted = [runs / name for name in ("ae", "vae", "gan")]
    status, _, err = ae("compare", *wanted, "-o", "deep/p.html", "-n", "4")
    assert (status, err) == (0, "")
    text = Path("deep/p.html").read_text()
    tree = Tree()
    tree.feed(text)
    assert tree.open == []
    assert [name for name, _ in tree.seen].count("img") == 2
    assert ("td", {"class": "best"}) in tree.seen
    assert ae("compare", *wanted, "-o", "again.html", "-n", "4")[0] == 0
    assert Path("again.html").read_text() == text
    assert ae("compare", *wanted, "-o", "t.png")[0] == 0
    assert Path("t.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("judge", [[], ["--classifier"]])
def test_the_study_of_limits(runs: Path, here: Path, ae: Ae, judge: list[str]):
    own = [*judge, *([runs / "classifier"] if judge else [])]
    line = ["compare", runs / "ae", runs / "vae", "--study", "limits", "--draws", "60"]
    status, out, err = ae(*line, "-o", "out/limits.html", "--json", *own)
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert [len(claim["measures"]) for claim in found["claims"]] == [6, 4, 3, 3, 3, 4]
    kl = found["claims"][1]["measures"][2]
    assert kl["ae"][0] > 0
    text = Path("out/limits.html").read_text()
    tree = Tree()
    tree.feed(text)
    assert tree.open == []
    for claim in found["claims"]:
        assert claim["claim"] in tree.text
        assert claim["verdict"] in tree.text
    assert ("the classifier classifier" if judge else "200 randomised trees") in tree.text
    events = EventAccumulator("out/compare", {"images": 0, "tensors": 0})
    events.Reload()
    assert "limits/random_codes" in events.Tags()["images"]
    assert "limits/map_vae_prior" in events.Tags()["images"]
    assert events.Tags()["tensors"] == ["limits/claims/text_summary"]
    (kept := Path("out/compare/events.out.tfevents.1.mine")).touch()
    assert ae(*line, "-o", "out/limits.html", *own)[0] == 0
    kept.unlink()  # somebody else's file is still there
    assert Path("out/limits.html").read_text() == text
    assert sorted(p.name for p in Path("out").iterdir()) == ["compare", "limits.html"]
    assert len(list(Path("out/compare").iterdir())) == 1


def test_wide_codes_have_no_map(runs: Path, here: Path, ae: Ae):
    line = ["compare", runs / "ae3", runs / "wide", "--study", "limits", "--draws", "50"]
    status, out, err = ae(*line, "-o", "p.html")
    assert (status, err) == (0, "")
    assert "Codes of vae are nearer to N(0, I)" in out
    assert "principal axes, centred" in Path("p.html").read_text()
    assert "over equal parts of the mass" not in Path("p.html").read_text()


def test_examples_are_as_in_the_files_though_they_were_binarised(
    trained_run: Path, here: Path, ae: Ae
):
    with opened(trained_run, "cpu", ()) as run:
        cpu, data = torch.device("cpu"), run.data()
        as_is = unbinarised(run, ())
        x, binary = (d.first("test", 60, cpu)["x"] for d in (as_is, data))
    assert set(binary.unique().tolist()) == {0, 1}
    assert len(x.unique()) > 10
    assert (binary[x == 0] == 0).all()  # the same examples, of which the others are draws
    assert (binary[x == 1] == 1).all()
    aetrain.train([*TINY, "model=ae", "run.dir=a"])
    line = ["compare", "a", trained_run, "--study", "limits", "--draws", "50", "-o", "p.html"]
    assert ae(*line)[0] == 0


WRONG = [
    ("ae", "ae: is one run; choose two or more, or a sweep's directory"),
    ("ae nowhere", "nowhere: no such run directory; runs are under outputs/"),
    ("ae vae -m nlll", "--measure nlll: no run has it; use one that results.json has"),
    ("ae vae -o t.eps", "-o t.eps: must end in .png, .pdf, .svg, .csv, .html"),
    ("ae vae --study other", "'other' is not 'limits'"),
    ("ae vae wide --study limits", "--study: must be of two runs, the plain autoencoder and then"),
    ("ae vae --study limits -o t.csv", "-o t.csv: must end in .html"),
    ("ae vae --classifier vae", "--classifier: judges the decodes of a study; use it with"),
    ("ae vae -m nll --study limits", "--measure: a study has measures of its own; use it without"),
    ("vae ae --study limits", "vae encodes to a distribution; use a run such as model=ae as the"),
    ("ae ae2 --study limits", "ae2 encodes to a point; use a run such as model=vae as the second"),
    ("ae wide --study limits", "ae and wide have codes of the shapes (2,) and (3,); use runs of"),
    ("ae gan --study limits", "gan (model=gan) has no encoder; use runs such as model=ae and"),
    ("ae ring --study limits", "ring has another prior than N(0, I); use runs with prior=standard"),
    ("ae vae --study limits --classifier wide", "wide: has learned no labels; use a run such as"),
    ("ae folder", "folder: neither a run nor a directory of runs; choose one under outputs/"),
    ("ae other", "so their figures are of different examples; choose runs on the same data"),
]


@pytest.mark.parametrize(("line", "message"), WRONG)
def test_wrong_command_lines(line: str, message: str, runs: Path, here: Path, ae: Ae):
    for path in runs.iterdir():
        Path(path.name).symlink_to(path)
    shutil.copytree(runs / "ae", "ae2")
    shutil.copytree(runs / "ae", "other")
    Path("folder").mkdir()
    config = Path("other/config.yaml")
    config.write_text(config.read_text().replace("digits.Digits", "vision.Vision"))
    before = sorted(p.name for p in here.rglob("*"))
    status, out, err = ae("compare", *line.split())
    assert (status, out) == (2, "")
    assert message in err
    assert err.startswith("ae: ")
    assert len(err.splitlines()) == 1
    assert sorted(p.name for p in here.rglob("*")) == before


def test_data_without_classes(vectors_run: Path, here: Path, ae: Ae):
    path = vectors_run.parent / "x.csv"
    own = ["dataset=array", f"dataset.path={path}", "likelihood=gaussian", "model=vae"]
    aetrain.train([*TINY, *own, "run.dir=v"])
    status, _, err = ae("compare", vectors_run, "v", "--study", "limits")
    assert status == 2
    assert err.startswith("ae: --study limits: the data have no labels: choose data with classes")
    assert ae("compare", vectors_run, "v", "-o", "p.html")[0] == 0
    assert Path("p.html").read_text().count("<img") == 4
