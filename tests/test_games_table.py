"""The script on tiny runs: one line a model, under that of the training images."""

import json
import shutil
import sys
from collections.abc import Callable
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


Run = Callable[..., dict[str, dict[str, str]]]


@pytest.fixture
def table(
    script: Any, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Call the script; return name of a line -> column -> cell, once the picture is there."""

    def run(*arguments: str) -> dict[str, dict[str, str]]:
        monkeypatch.setattr(sys, "argv", ["x", *arguments])
        capsys.readouterr()
        script.main()
        *lines, picture = capsys.readouterr().out.splitlines()
        head, rule, *rows = (
            line.strip("| ").split(" | ") for line in lines if line.startswith("|")
        )
        assert rule == ["---"] * len(head)
        assert Path(picture).is_file()
        return {row[0]: dict(zip(head, row, strict=True)) for row in rows}

    return run


def test_a_table_of_two_models(script: Any, table: Run) -> None:
    own = ["model=stacked_ae", "head=classifier", "model.layer_epochs=0", "latent=6"]
    aetrain.train([*TINY, *own, "run.dir=games/classifier"])
    for model in ("vae", "ebgan"):
        aetrain.train(
            [*TINY, "likelihood=bernoulli_grey", f"model={model}", f"run.dir=games/{model}"]
        )
    rows = table("games", "--classifier", "games/classifier", "-n", "40")
    assert list(rows) == ["training images", "ebgan", "vae"]
    assert list(rows["vae"]) == ["model", *script.COLUMNS, "distortion", "rate", "seconds"]
    kept = json.loads(Path("games/ebgan/evaluation.json").read_text())
    assert kept["test/sample_features"] == "classifier"
    assert 1 <= kept["test/modes_found"] <= 10
    own_test = json.loads(Path("games/vae/results.json").read_text())
    for column in ("distortion", "rate"):
        assert float(rows["vae"][column]) == pytest.approx(own_test[f"test/{column}"], rel=1e-3)
        assert rows["ebgan"][column] == rows["training images"][column] == "-"


SMALL = ["dataset=digits", "dataset.limit=60", "dataset.batch_size=20", "trainer.accelerator=cpu"]
SMALL += ["network.hidden=[8]", "latent=2"]


def results(run: str) -> dict[str, Any]:
    return json.loads(Path("games", run, "results.json").read_text())


def test_one_command_trains_all_and_prints_their_table(script: Any, table: Run) -> None:
    """Called again, it trains what is not there; what is there must be of the same settings."""
    once = ["--train", "games", "-n", "40", "--", *SMALL, "trainer.max_epochs=1"]
    rows = table(*once)
    assert list(rows) == ["training images", *script.MODELS]
    assert {results(model)["steps"] for model in script.MODELS} == {3}
    for model, own in script.MODELS.items():
        assert all(option in results(model)["command"] for option in own)
        assert (rows[model]["distortion"] != "-") == (model in ("vae", "vaegan", "aae"))
        assert (rows[model]["rate"] != "-") == (model in ("vae", "vaegan"))
    assert results("classifier")["epochs"] > 1  # the models' budget is not the judge's

    before = {model: results(model) for model in (*script.MODELS, "classifier")}
    shutil.rmtree("games/gan")
    Path("games/aae/results.json").unlink()  # as where it was stopped
    again = table(*once)
    trained = {model for model, facts in before.items() if results(model) != facts}
    assert trained == {"gan", "aae"}
    typed = yaml.safe_load(Path("games/aae/overrides.yaml").read_text())
    assert typed[-1] == ["resume=games/aae"]
    assert [again[model]["frechet"] for model in again] == [rows[r]["frechet"] for r in rows]

    shutil.rmtree("games/vae")  # would be the first to be trained
    for more, told in (
        (["trainer.max_epochs=2"], r"trainer\.max_epochs=1, and not 2"),
        (["trainer.max_epochs=1", "dataset.limit=null"], r"dataset\.limit=60, and not None"),
    ):
        with pytest.raises(SystemExit, match=f"games/gan: a run of {told}"):
            table("--train", "games", "--", *SMALL, *more)
    assert not Path("games/vae").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "either a directory of runs or --train DIR"),
        (["games", "--train", "games"], "either a directory of runs or --train DIR"),
        (["games"], "need --classifier RUN"),
        (["games", "--classifier", "c", "--", "latent=2"], "take no overrides"),
    ],
)
def test_what_is_asked_for_must_be_clear(
    arguments: list[str], message: str, table: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        table(*arguments)
    assert message in capsys.readouterr().err


def test_an_override_that_is_wrong_is_told_before_anything_is_trained(table: Run) -> None:
    with pytest.raises(SystemExit, match="Did you mean 'latent'"):
        table("--train", "games", "--", "latnt=2")
    assert not Path("games").exists()


def test_the_recipe_gives_all_models_the_same_networks_and_batches(script: Any) -> None:
    recipe = yaml.safe_load((Path(str(conf_files())) / "experiment/games_mnist.yaml").read_text())
    models = recipe["hydra"]["sweeper"]["params"]["model"].split(",")
    assert models == ["vae", "gan", "vaegan", "ebgan", "began", "aae"]
    assert models == list(script.MODELS)
    budgets = []
    for model, own in script.MODELS.items():
        config = check_early(compose(["experiment=games_mnist", f"model={model}", *own]).cfg)
        trainer = {key: config["trainer"][key] for key in ("max_epochs", "max_steps")}
        budgets.append((config["network"], config["latent"], config["dataset"], trainer))
    assert all(budget == budgets[0] for budget in budgets)
