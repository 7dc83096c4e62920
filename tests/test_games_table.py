"""The script on a tiny sweep: one line a model, under that of the training images."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import aetrain
from aetrain.config.check import check_early
from aetrain.config.compose import compose
from aetrain.config.files import conf_files
from tests.conftest import TINY

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import games_table

    yield games_table
    sys.modules.pop("games_table", None)


def test_a_table_of_two_models(
    script: Any, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ["model=stacked_ae", "head=classifier", "model.layer_epochs=0", "latent=6"]
    aetrain.train([*TINY, *own, "run.dir=classifier"])
    for number, model in enumerate(("vae", "ebgan")):
        aetrain.train(
            [*TINY, "likelihood=bernoulli_grey", f"model={model}", f"run.dir=games/{number}"]
        )
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", ["x", "games", "--classifier", "classifier", "-n", "40"])
    script.main()
    head, *rows, picture = capsys.readouterr().out.splitlines()
    assert head.split() == ["model", *script.COLUMNS, "seconds"]
    assert [row[:16].strip() for row in rows] == ["training images", "vae", "ebgan"]
    assert Path(picture).is_file()
    kept = json.loads(Path("games/1/evaluation.json").read_text())
    assert kept["test/sample_features"] == "classifier"
    assert 1 <= kept["test/modes_found"] <= 10


def test_the_recipe_gives_all_models_the_same_networks_and_batches() -> None:
    recipe = yaml.safe_load((Path(str(conf_files())) / "experiment/games_mnist.yaml").read_text())
    models = recipe["hydra"]["sweeper"]["params"]["model"].split(",")
    assert models == ["vae", "gan", "vaegan", "ebgan", "began", "aae"]
    budgets = []
    for model in models:
        config = check_early(compose(["experiment=games_mnist", f"model={model}"]).cfg)
        trainer = {key: config["trainer"][key] for key in ("max_epochs", "max_steps")}
        budgets.append((config["network"], config["latent"], config["dataset"], trainer))
    assert all(budget == budgets[0] for budget in budgets)
