"""Where a run's data are."""

import os
from pathlib import Path

import numpy as np
import pytest
import yaml

import aetrain
from aetrain.cli.program import main as ae
from aetrain.errors import UserError
from aetrain.places import elsewhere, settle_places
from aetrain.train import main
from tests.conftest import TINY

OWN = ["dataset=array", "dataset.path=x.npy", "likelihood=gaussian"]


def test_places_become_absolute(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    source = {"_target_": "my.Source", "path": "x.npy", "root": 3}
    node = {"path": "~/x.npy", "root": "s3://bucket/x", "valid": 0.1, "source": source}
    settle_places(node)
    assert node["path"] == "/home/me/x.npy"
    assert node["root"] == "s3://bucket/x"
    assert source == {"_target_": "my.Source", "path": str(here / "x.npy"), "root": 3}


def test_a_run_of_a_relative_path_is_used_from_elsewhere(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("x.npy", np.random.default_rng(0).normal(size=(60, 4)))
    run = here / "run"
    aetrain.train([*TINY, *OWN, "run.dir=run"])
    config = yaml.safe_load((run / "config.yaml").read_text())
    places = [node["path"] for node in (config["dataset"], config["dataset"]["source"])]
    assert places == [str(here / "x.npy")] * 2
    (here / "other").mkdir()
    monkeypatch.chdir(here / "other")
    assert main([f"resume={run}", "trainer.max_epochs=3"]) == 0
    reconstruct = ["reconstruct", str(run), "test", "--device", "cpu"]
    assert ae(reconstruct) == 0
    os.rename(here / "x.npy", here / "moved.npy")
    capsys.readouterr()
    assert ae(reconstruct) == 2
    told = capsys.readouterr().err
    assert told == (
        f"ae: {here / 'x.npy'}: does not exist; name a file with dataset.path=...; for data that"
        " have moved, ae takes -d path=...\n"
    )
    assert ae([*reconstruct, "-d", "path=../moved.npy"]) == 0


def test_only_what_is_missing_is_asked_for(here: Path) -> None:
    error = UserError("x.npy: is damaged")
    Path("x.npy").touch()
    assert elsewhere(error, {"path": "x.npy"}) is error
    assert str(elsewhere(error, {"root": "."})).endswith("ae takes -d root=...")
