import os
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.errors import SearchPathException

from aetrain.config.check import check_early
from aetrain.config.compose import compose, keys
from aetrain.config.explain import explain
from aetrain.config.files import groups
from aetrain.errors import UserError, UserErrors

MODELS = ", ".join(groups()["model"])


def explained(*overrides: str, config_dir: Path | None = None) -> list[str]:
    dirs = [config_dir] if config_dir else []
    try:
        compose(overrides, dirs)
    except Exception as error:
        return explain(error, overrides, groups(dirs), keys())
    return []


HYDRAS = [
    ("model=vea", f"model=vea: no such model; choose from {MODELS}. Did you mean 'vae'?"),
    ("model=3", f"model=3: no such model; choose from {MODELS}"),
    ("modle=ae", "modle=ae: no such key 'modle'. Did you mean 'model'?"),
    ("optmizer.lr=1", "optmizer.lr=1: no such key 'optmizer'. Did you mean 'optimizer'?"),
    (
        "optimizer.lrr=1",
        "optimizer.lrr=1: no such key 'optimizer.lrr'. Did you mean 'optimizer.lr'?",
    ),
    ("latent==3", "latent==3: has two '='; write latent=3"),
    (
        "network.hidden=[500",
        "network.hidden=[500: '[' has no counterpart; put what has spaces in quotes",
    ),
    ("model=ae,vae", "model=ae,vae: several values need -m"),
    ("seed=range(3)", "seed=range(3): several values need -m"),
    ("+model=ae", "+model=...: 'model' needs no '+'; leave it out"),
    ("++model=ae", "++model=ae: a group is chosen without '++'; leave it out"),
    ("+latent=3", "+latent=...: 'latent' is there already; leave out the '+'"),
    ("~latnet", "~latnet: no such key 'latnet'. Did you mean 'latent'?"),
    ("~model=ae", "~model=ae: is not chosen, so it cannot be taken out; leave this out"),
    ("model@foo=ae", "model@foo=ae: no such group 'model@foo'. Did you mean 'model'?"),
    ("modle@foo=ae", "no such group 'modle'. Did you mean 'model'?"),
    ("hydra.foo=3", "hydra.foo=3: no such key 'hydra'"),
]


@pytest.mark.parametrize(("override", "text"), HYDRAS)
def test_what_hydra_says_of_an_override(override: str, text: str):
    assert explained(override) == [text]


GLOBAL = "# @package _global_\n"
FILES = [
    (
        f"{GLOBAL}latent: 3\n  a: [1\n",
        "{file}:3:4: mapping values are not allowed here; correct the file",
    ),
    (
        f"{GLOBAL}\tlatent: 3\n",
        "{file}:2:1: indented by a tab, where yaml wants spaces; correct the file",
    ),
    ("a: 1\na: 2\n", "{file}:2:1: found duplicate key a; correct the file"),
    ("a: [1, 2\n", "{file}:2:1: expected ',' or ']', but got '<stream end>'; correct the file"),
    (
        f"{GLOBAL}defaults:\n  - /model: vae\n",
        "model: chosen twice; in a recipe's defaults write 'override /model: ...'",
    ),
    (
        f"{GLOBAL}defaults:\n  - override /modle: vae\n",
        "experiment/mine.yaml: no such group 'modle'. Did you mean 'model'?",
    ),
    (
        f"{GLOBAL}defaults:\n  - override /model: vea\n",
        f"model=vea: no such model; choose from {MODELS}. Did you mean 'vae'?",
    ),
    (
        f"{GLOBAL}defaults:\n  - /model/other: vae\n",
        "experiment/mine.yaml: there is no file model/other/vae.yaml; correct the name",
    ),
    (
        f"{GLOBAL}defaults: 3\n",
        "experiment/mine.yaml: its defaults must be a list;"
        " write '- override /model: vae' under it",
    ),
    (
        f"{GLOBAL}defaults:\n  - a: b\n    c: d\n",
        "experiment/mine.yaml: {{'a': 'b', 'c': 'd'}} in its defaults has several keys;"
        " write each on its own line",
    ),
    (
        f"{GLOBAL}defaults:\n  - override /model: ae\n  - /prior: standard_normal\n",
        "experiment/mine.yaml: 'override model : ae' must come last in its defaults; move it",
    ),
    (
        f"{GLOBAL}defaults:\n  - override /model: ???\n",
        f"model: is missing; choose one with model=..., from {MODELS}",
    ),
    (
        f"{GLOBAL}network: {{hidden: {{a: 1}}}}\n",
        "experiment/mine.yaml: does not fit what it changes"
        " (Cannot merge DictConfig with ListConfig); correct the file",
    ),
    (
        f"{GLOBAL}latent: ${{foo\n",
        "latent: the interpolation cannot be read; write ${{name.of.a.key}}",
    ),
]


@pytest.mark.parametrize(("content", "text"), FILES, ids=range(len(FILES)))
def test_what_is_wrong_in_the_users_file(tmp_path: Path, content: str, text: str):
    path = tmp_path / "experiment" / "mine.yaml"
    path.parent.mkdir()
    path.write_text(content)
    assert explained("experiment=mine", config_dir=tmp_path) == [text.format(file=path)]


def test_a_file_in_another_encoding(tmp_path: Path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_bytes(b"a: \xff\n")
    assert explained("experiment=mine", config_dir=tmp_path) == [
        "a configuration file is not UTF-8 text; save it as such"
    ]


def test_a_directory_that_is_not_there():
    text = "--config-dir=/not/there: no such directory; correct the path"
    error = SearchPathException("Additional config directory '/not/there' not found")
    assert explain(error, [], groups(), []) == [text]
    assert explained(config_dir=Path("/not/there")) == [text]


def test_an_interpolation_to_a_key_that_is_not_there():
    cfg = compose(["latent=${samplse}"]).cfg
    with pytest.raises(Exception, match="samplse") as caught:
        _ = cfg.latent
    assert explain(caught.value, [], groups(), keys()) == [
        "latent: ${samplse} points to a key that does not exist. Did you mean 'samples'?"
    ]
    with pytest.raises(UserErrors) as told:
        check_early(cfg)
    assert explain(told.value, [], groups(), keys()) == told.value.messages


def test_our_own_errors_pass_through():
    assert explain(UserError("a: b"), [], {}, []) == ["a: b"]
    assert explain(UserErrors(["a", "b"]), [], {}, []) == ["a", "b"]


@pytest.mark.parametrize("error", [KeyError("a"), ValueError("b"), RuntimeError("c")])
def test_a_fault_is_not_explained_away(error: Exception):
    assert explain(error, ["model=ae"], groups(), keys()) == []


def test_every_line_is_one_line_and_without_a_stop():
    for override, text in HYDRAS:
        (line,) = explained(override)
        assert "\n" not in line
        assert not text.endswith(".")


def test_importing_it_imports_neither_hydra_nor_torch():
    code = (
        "import sys, aetrain.config.explain, aetrain.config.check, aetrain.config.compose;"
        " import aetrain.config.allowlist, aetrain.config.schema, aetrain.config.helptext;"
        " slow = {'torch', 'hydra', 'omegaconf', 'yaml', 'numpy'} & set(sys.modules);"
        " assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ})
