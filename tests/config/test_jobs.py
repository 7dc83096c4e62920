"""What is wrong with every job of a sweep."""

from pathlib import Path

import pytest

from aetrain.config.jobs import alternatives, planned, wrong_in_all

MISSING = "dataset.path: is missing; set dataset.path=... (the file)"

WRONG = [
    (["latent=0,-1"], ["latent=0: must be at least 1", "latent=-1: must be at least 1"]),
    (["dataset=array", "seed=range(2)"], [MISSING]),
    (["dataset=array"], [MISSING]),
    # one job is sound, and not one that differs from the first in a single value
    (["latent=0,2", "samples=0,1"], []),
    (["latent=0,2"], []),
    (["seed=0,1"], []),
    # what is not known before the sweeper has chosen, or composes in no way
    (["dataset=array", "+hydra.sweeper.params={dataset.path:x.npy}"], []),
    (["dataset=array", "hydra.sweeper._target_=hydra_plugins.other.Sweeper"], []),
    (["dataset=array", "model=glob(*)"], []),
]


@pytest.mark.parametrize(("overrides", "lines"), WRONG)
def test_wrong_in_all(overrides: list[str], lines: list[str]) -> None:
    assert wrong_in_all(overrides, ()) == lines


def test_the_users_choices_count(tmp_path: Path) -> None:
    (tmp_path / "dataset").mkdir()
    text = "defaults: [array]\npath: x.npy\n"
    (tmp_path / "dataset/mine.yaml").write_text(text)
    assert wrong_in_all(["dataset=array,mine"], [tmp_path]) == []


def test_alternatives_vary_one_value_at_a_time() -> None:
    words = ["a=1,2", "b=[1,2]", "c=range(2)", "d=interval(0,1)", "~e"]
    assert list(alternatives(words)) == [
        ["a=1", "b=[1,2]", "c=0", "d=0.0", "~e"],
        ["a=2", "b=[1,2]", "c=0", "d=0.0", "~e"],
        ["a=1", "b=[1,2]", "c=1", "d=0.0", "~e"],
    ]


def test_the_plan_of_a_sweep() -> None:
    words = ["seed=0,1", "hydra.sweep.dir=s", "network.hidden=[8]", "latent=2", "latent=3,4"]
    assert planned(words) == [
        [f"seed={seed}", "network.hidden=[8]", f"latent={latent}"]
        for seed in (0, 1)
        for latent in (3, 4)
    ]
    assert planned(["latent=interval(2,9)"]) == []
