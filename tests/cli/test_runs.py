"""`ae runs` and `ae show`: read without torch."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from aetrain.cli.show import iterm, protocol_of
from tests.cli.conftest import Ae


@pytest.fixture
def three(here: Path) -> Path:
    """Return a folder of three runs, one of which has not ended."""
    facts = {"a": ("vae", 100.0), "b": ("ae", None), "c": ("vae", 90.5)}
    for name, (model, nll) in facts.items():
        path = here / "outputs" / "2026-01-31" / name
        (path / "checkpoints").mkdir(parents=True)
        (path / "figures").mkdir()
        config = {"optimizer": {"lr": 0.001 if name == "a" else 0.01}}
        (path / "config.yaml").write_text(yaml.safe_dump(config))
        if nll is not None:
            results = {"choice/model": model, "test/nll": nll, "test/elbo": -nll, "epochs": 3}
            (path / "results.json").write_text(json.dumps(results))
    return here


def names(out: str) -> list[str]:
    return [line.split()[0].split("/")[-1] for line in out.splitlines()[1:]]


def test_sorted_and_filtered(three: Path, ae: Ae):
    status, out, err = ae("runs")
    assert (status, err) == (0, "")
    assert names(out) == ["a", "b", "c"]
    assert names(ae("runs", "--sort", "nll")[1]) == ["c", "a", "b"]
    assert names(ae("runs", "-s", "nll", "-r", "-n", "1")[1]) == ["a"]
    assert names(ae("runs", "-w", "model=VAE")[1]) == ["a", "c"]
    assert names(ae("runs", "-w", "nll<95", "-w", "model=vae")[1]) == ["c"]
    assert names(ae("runs", "-w", "optimizer.lr>=0.01", "-c", "optimizer.lr")[1]) == ["b", "c"]
    rows = json.loads(ae("runs", "--json")[1])
    assert [row.get("test/nll") for row in rows] == [100.0, None, 90.5]


def test_figures_of_the_validation_are_none_of_the_test(three: Path, ae: Ae):
    path = three / "outputs/2026-01-31/b"
    (path / "results.json").write_text('{"val/elbo": -50.0, "val/distortion": 3.0, "epochs": 3}')
    head, _, row, _ = (line.split() for line in ae("runs")[1].splitlines())
    assert "distortion" not in head
    assert dict(zip(head, row, strict=True))["elbo"] == "-"
    assert names(ae("runs", "--sort", "elbo", "-r")[1]) == ["c", "a", "b"]
    assert names(ae("runs", "-w", "val/elbo<-40", "-s", "val/elbo", "-c", "val/elbo")[1]) == ["b"]
    said = "distortion: no run has it; use a choice, a figure or a key of the configuration."
    asked = ae("runs", "-s", "distortion")
    assert asked == (2, "", f"ae: {said} Did you mean 'val/distortion'?\n")


def test_evaluations_join_the_results(three: Path, ae: Ae):
    path = three / "outputs/2026-01-31/c"
    (path / "evaluation.json").write_text('{"test/nll": 88.0, "test/probe_accuracy": 0.9}')
    assert names(ae("runs", "-w", "nll<89", "-c", "probe_accuracy")[1]) == ["c"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: no such folder; choose one that holds runs, such as outputs"),
        (["--sort", "nl"], "nl: no run has it; use a choice, a figure or a key of the"
         " configuration. Did you mean 'nll'?"),
        (["-w", "model"], "--where model: must be KEY=VALUE, or with <, >, <=, >=, !="),
        (["-w", "nll<low"], "--where nll<low: nll is a number, so 'low' must be one too"),
    ],
)  # fmt: skip
def test_wrong_questions(three: Path, ae: Ae, arguments: list[str], message: str):
    assert ae("runs", *arguments) == (2, "", f"ae: {message}\n")


def test_no_torch_is_imported(three: Path):
    code = (
        "import sys; from aetrain.cli.program import main\n"
        "for line in ('runs', 'show outputs/2026-01-31/a', '--help', 'evaluate --help'):\n"
        "    assert main(line.split()) == 0\n"
        "assert not {'torch', 'matplotlib', 'pytorch_lightning'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=three, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_show_gives_figures_and_paths(trained_run: Path, ae: Ae):
    status, out, err = ae("show", trained_run, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert set(found["figures"]) >= {"samples", "reconstructions", "filters", "rates"}
    assert found["results"]["test/elbo"] < 0
    out = ae("show", trained_run, "-f", "samples")[1]
    assert out == f"{trained_run / 'figures' / 'samples.png'}\n"
    status, _, err = ae("show", trained_run, "-f", "sample")
    assert status == 2
    assert "--figure sample: the run has no such figure; choose from" in err
    assert "Did you mean 'samples'?" in err


def test_pictures_in_terminals(trained_run: Path, ae: Ae):
    picture = (trained_run / "figures/samples.png").read_bytes()
    out = ae("show", trained_run, "-f", "samples", "--inline", "kitty")[1]
    parts = [p.split(";", 1) for p in out.split("\033_G")[1:]]
    data = "".join(body.split("\033")[0] for _, body in parts)
    assert base64.b64decode(data) == picture
    assert [keys[-3:] for keys, _ in parts] == ["m=1"] * (len(parts) - 1) + ["m=0"]
    assert all(len(body.split("\033")[0]) <= 4096 for _, body in parts)
    coded = iterm(picture).split(":", 1)[1].removesuffix("\a")
    assert base64.b64decode(coded) == picture


def test_which_protocol_a_terminal_speaks():
    assert protocol_of({"TERM_PROGRAM": "WezTerm"}, True) == "iterm"
    assert protocol_of({"TERM_PROGRAM": "WezTerm"}, False) == "none"
    assert protocol_of({"TERM": "xterm-kitty"}, True) == "kitty"
    assert protocol_of({"TERM": "xterm-kitty", "TMUX": "1"}, True) == "none"
    assert protocol_of({"TERM": "xterm"}, True) == "none"


def test_last_is_the_newest_run(three: Path, ae: Ae):
    status, _, err = ae("evaluate", "last")
    assert (status, err) == (
        2,
        "ae: last: there is no run under outputs/; choose a run's directory\n",
    )
    (three / "outputs/2026-01-31/b/checkpoints/best.ckpt").write_bytes(b"no")
    status, _, err = ae("evaluate", "last")
    assert status == 2
    assert "b/checkpoints/best.ckpt: truncated or damaged" in err
