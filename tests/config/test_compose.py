from pathlib import Path

import pytest
import yaml
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from aetrain.config.compose import compose, keys, register_resolvers
from aetrain.config.files import conf_files, groups
from aetrain.errors import UserError


def test_the_default():
    composed = compose()
    assert composed.cfg.latent == 16
    assert "hydra" not in composed.cfg
    assert composed.choices["model"] == "vae"
    assert "experiment" not in composed.choices
    assert not any(name.startswith("hydra") for name in composed.choices)


def test_overrides_and_choices():
    composed = compose(["model=ae", "latent=3", "logger=[csv]"])
    assert composed.cfg.latent == 3
    assert composed.choices["model"] == "ae"
    assert composed.choices["posterior"] == "delta"
    assert list(composed.cfg.logger) == ["csv"]


@pytest.mark.parametrize("recipe", groups()["experiment"])
def test_a_recipe_chooses_in_its_defaults_so_that_a_choice_beside_it_rules(recipe: str):
    body = yaml.safe_load((conf_files() / "experiment" / f"{recipe}.yaml").read_text())
    nodes = [body.get(group) for group in groups()]
    assert not [node for node in nodes if isinstance(node, dict) and "_target_" in node]


def test_a_decoder_has_the_widths_in_reverse():
    cfg = compose(["network.hidden=[3,2,1]"]).cfg
    assert list(cfg.network.encoder.hidden) == [3, 2, 1]
    assert list(cfg.network.decoder.hidden) == [1, 2, 3]


def test_what_is_no_list_is_not_reversed():
    register_resolvers()
    assert OmegaConf.create({"a": "${reverse:3}"}).a == 3


@pytest.mark.parametrize("name", ["plain", "with space", "quo'te", "comma,brackets[1]", "ümlaut"])
def test_the_users_directory(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / name / "experiment").mkdir(parents=True)
    (tmp_path / name / "experiment" / "mine.yaml").write_text("# @package _global_\nlatent: 5\n")
    assert compose(["experiment=mine"], [tmp_path / name]).cfg.latent == 5
    monkeypatch.chdir(tmp_path)
    assert compose(["experiment=mine"], [name]).cfg.latent == 5


def test_a_search_path_among_the_overrides(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name / "experiment").mkdir(parents=True)
        text = f"# @package _global_\nlatent: {ord(name)}\n"
        (tmp_path / name / "experiment" / f"{name}.yaml").write_text(text)
    search = f"hydra.searchpath=[file://{tmp_path / 'b'}]"
    assert compose([search, "experiment=b"], [tmp_path / "a"]).cfg.latent == ord("b")
    assert compose([search, "experiment=a"], [tmp_path / "a"]).cfg.latent == ord("a")


def test_a_directory_that_is_not_there():
    with pytest.raises(UserError) as caught:
        compose([], ["/not/there"])
    assert str(caught.value) == "--config-dir=/not/there: no such directory; correct the path"


def test_hydras_state_is_left_as_it_was(tmp_path: Path):
    assert not GlobalHydra.instance().is_initialized()
    compose()
    assert not GlobalHydra.instance().is_initialized()
    with initialize_config_dir(str(tmp_path), version_base="1.3"):
        before = GlobalHydra.instance().hydra
        compose()
        with pytest.raises(Exception, match="vea"):
            compose(["model=vea"])
        assert GlobalHydra.instance().hydra is before
    assert not GlobalHydra.instance().is_initialized()


def test_keys_are_dotted():
    found = keys()
    assert {"latent", "run", "run.dir", "optimizer.lr", "dataset.source._target_"} <= set(found)
    assert keys(OmegaConf.create({"a": [1], "b": {"c": "${nope}"}})) == ["a", "b", "b.c"]
