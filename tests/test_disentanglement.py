"""The script on a tiny run: one column a run, one line a measure."""

import sys
from pathlib import Path
from typing import Any

import pytest

import aetrain
from tests.conftest import TINY

SCRIPTS = Path(__file__).parents[1] / "scripts"
SPRITES = ["dataset=sprites", "dataset.size=8", "dataset.positions=3", "dataset.rotations=3"]
LINES = [
    *("216 examples", "mig, draws", "mig", "dci_disentanglement", "dci_completeness"),
    *("dci_informativeness", "sap", "modularity", "explicitness", "factor_vae", "beta_vae"),
    *(f"  gap of {name}" for name in ("shape", "scale", "rotation", "x", "y")),
]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import disentanglement

    yield disentanglement
    sys.modules.pop("disentanglement", None)


def run(*overrides: str) -> str:
    return str(aetrain.train([*TINY, *overrides])["run"])


def shown(script: Any, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["disentanglement.py", *arguments])
    script.main()


def test_a_table_of_two_runs(
    script: Any, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    posterior = "posterior=gumbel_softmax"
    runs = [run(*SPRITES), run(*SPRITES, posterior, "prior=categorical", "latent=4")]
    capsys.readouterr()
    shown(script, *runs, "--examples", "216", monkeypatch=monkeypatch)
    table = capsys.readouterr().out.splitlines()
    assert [line[:22].rstrip() for line in table] == LINES
    assert table[0].split()[2:] == [Path(name).name for name in runs]
    for line in table[1:11]:
        assert line.count(" ± ") == 2


def test_data_of_unknown_factors(script: Any, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = run()
    with pytest.raises(SystemExit, match="nothing is known of the factors of its data"):
        shown(script, digits, monkeypatch=monkeypatch)
