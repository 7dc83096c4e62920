"""Verbs know no model by name: each serves every choice in conf/model, or refuses in a line."""

import json
from pathlib import Path

import pytest

import aetrain
from aetrain.config.files import groups
from tests.cli.conftest import Ae
from tests.conftest import TINY

MEASURES = ("ais", "decomposition", "parzen", "samples", "anomaly")
FEW = ["-n", "30", "--draws", "30", "-k", "2", "--temperatures", "3", "--chains", "2"]
NEEDS_CODES = [
    "reconstruct r test:0 -o x.png",
    "interpolate r test:0 test:1 -o x.png",
    "search r test:0 test -n 3 -o x.png",
]


@pytest.mark.parametrize("model", groups()["model"])
def test_a_model_is_judged_sampled_and_reconstructed(model: str, here: Path, ae: Ae):
    results = aetrain.train([*TINY, f"model={model}", "trainer.max_epochs=1", "run.dir=r"])
    status, out, err = ae("evaluate", "r", "--json", "-k", "5")
    assert (status, err) == (0, "")
    (found,) = json.loads(out)
    of_codes = ("probe", "knn", "svm")  # -m features
    own = {k: v for k, v in results.items() if k.startswith("test/")}
    own = {k: v for k, v in own.items() if not any(word in k for word in of_codes)}
    assert own
    assert {k: found[k] for k in own} == pytest.approx(own, rel=1e-4, abs=1e-5, nan_ok=True)
    trained = aetrain.load("r").model
    conditional = trained.conditioning is not None and not trained.sets_condition
    given = ["--condition", "0"] if conditional else []
    assert ae("sample", "r", "-n", "4", "-o", "s.png", *given)[0] == 0
    for line in NEEDS_CODES:
        status, _, err = ae(*line.split())
        # of a conditional model under the examples' labels
        assert status == (0 if trained.encodes else 2), err
    status, _, err = ae("traverse", "r", "-o", "t.png", "-n", "3", *given)
    assert status == 0 or (status == 2 and len(err.splitlines()) == 1)
    for measure in MEASURES:
        status, out, err = ae("evaluate", "r", "-m", measure, "--against", "valid", "--json", *FEW)
        assert status == 0 or (status == 2 and len(err.splitlines()) == 1), err
        assert bool(out) == (status == 0)
