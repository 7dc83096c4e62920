import sys
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from aetrain.config.allowlist import forbidden, require_allowed, resolve, walk
from aetrain.config.check import check_early, check_targets
from aetrain.config.compose import compose
from aetrain.config.files import conf_files
from aetrain.errors import UserError, UserErrors

PLACES: list[tuple[str, Any]] = [
    ("_target_", {"_target_": "os.system"}),
    ("a.b._target_", {"a": {"b": {"_target_": "os.system"}}}),
    ("a[1][0]._target_", {"a": [1, [{"_target_": "os.system"}]]}),
    ("a[0]._target_", {"a": ({"_target_": "os.system"},)}),
    ("m._args_[0]._target_", {"m": {"_args_": [{"_target_": "os.system"}]}}),
    (
        "m.x._target_",
        {
            "m": {
                "_target_": "torch.optim.Adam",
                "_partial_": True,
                "x": {"_target_": "os.system", "_partial_": True},
            }
        },
    ),
    (
        "objective.weights.rate.at.0._target_",
        {"objective": {"weights": {"rate": {"at": {0: {"_target_": "os.system"}}}}}},
    ),
]


@pytest.mark.parametrize(("key", "config"), PLACES, ids=[key for key, _ in PLACES])
def test_a_target_is_found_wherever_it_is(key: str, config: dict[str, Any]):
    (message,) = forbidden(config)
    assert message.startswith(f"{key}='os.system': is not allowed; use something of aetrain, ")


REFUSED: list[Any] = [
    *("os.system", "torch.hub.load", "torch.load", "builtins.eval", "hydra.utils.get_method"),
    *("pytorch_lightning.Trainer", "pytorch_lightning.utilities.x", "torchvision.io.read_file"),
    *("aetrain", "aetrain_evil.x", "torch.nnx.Linear", "torch.nn", "torchvision.datasetsx.y"),
    *("aetrain.", ".aetrain.x", "aetrain..x", "aetrain.x ", " aetrain.x", "aetrain.x\n", ""),
    *("аetrain.models.vae.VAE", "aetrain.modеls.vae.VAE", "ａetrain.x", "torch․nn․Linear"),
    *("torch.nn.Module.__init__.__globals__", "aetrain.__main__.main"),
    *("${oc.env:X}", "aetrain.${x}", 3, None, True, 1.5, b"aetrain.x"),
    *(["aetrain.x"], {"a": "aetrain.x"}),
]


@pytest.mark.parametrize("target", REFUSED, ids=ascii)
def test_words_that_are_refused(target: Any):
    # a package itself passes by its words, and is refused as what it is
    if target in ("aetrain", "torch.nn"):
        with pytest.raises(UserError):
            resolve(target)
    else:
        assert forbidden({"model": {"_target_": target}})


def test_the_message_for_what_is_no_name():
    (message,) = forbidden({"model": {"_target_": 3}})
    assert message == (
        "model._target_=3: is not the dotted name of a class or function, such as torch.optim.Adam"
    )


def test_the_message_for_a_foreign_package_says_how_to_allow_it():
    (message,) = forbidden({"model": {"_target_": "mine.Model"}})
    assert message == (
        "model._target_='mine.Model': is not allowed; use something of aetrain, torch.optim,"
        " pytorch_lightning.callbacks, pytorch_lightning.loggers, pytorch_lightning.strategies,"
        " pytorch_lightning.profilers, torchvision.datasets, torch.nn, torchvision.transforms,"
        " or your own package with allow=[mine]"
    )
    assert forbidden({"model": {"_target_": "mine.Model"}}, ["mine"]) == []
    assert forbidden({"model": {"_target_": "mine_too.Model"}}, ["mine"])
    assert forbidden({"model": {"_target_": "mine.Model"}}, ["mine.sub"])


@pytest.mark.parametrize("name", ["os", "subprocess", "builtins", "os.path", "posix"])
def test_pythons_own_library_cannot_be_allowed(name: str):
    messages = forbidden({"model": {"_target_": f"{name}.system"}}, [name])
    assert messages[0] == (
        f"allow='{name}': Python's own library cannot be allowed; name your own package"
    )
    assert messages[1].startswith("model._target_=")


def test_an_allow_of_the_configuration_itself_does_not_count():
    config = {"allow": ["mine"], "model": {"_target_": "mine.Model"}}
    assert len(forbidden(config)) == 1


HYDRA_WORDS = [
    ("_args_", "abc", "must be a list"),
    ("_args_", {"a": 1}, "must be a list"),
    ("_partial_", "yes", "must be true or false"),
    ("_partial_", 1, "must be true or false"),
    ("_recursive_", "no", "must be true or false"),
    ("_convert_", True, "must be none, partial, object or all"),
    (
        *("_execution_whitelist_", ["os.system"]),
        "is not a word that Hydra knows in this place; take it out",
    ),
]


@pytest.mark.parametrize(("word", "value", "text"), HYDRA_WORDS)
def test_hydras_words_hold_what_they_should(word: str, value: Any, text: str):
    (message,) = forbidden({"a": [{"_target_": "torch.nn.ReLU", word: value}]})
    assert message.startswith(f"a[0].{word}=")
    assert message.endswith(text)


def test_an_escaped_interpolation_is_refused():
    # Hydra resolves a node again when it makes the object: this would become a node then
    cfg = compose().cfg
    OmegaConf.update(cfg, "model.x", r"\${oc.create:{_target_:os.system}}", force_add=True)
    with pytest.raises(UserErrors) as caught:
        check_early(cfg)
    assert caught.value.messages == [
        "model.x='${oc.create:{_target_:os.system}}': an interpolation is left after all were"
        " resolved; write it without '${'"
    ]


def test_an_interpolated_target_is_seen_resolved():
    cfg = compose(["+vars.name=os.system", "model._target_=${vars.name}"]).cfg
    with pytest.raises(UserErrors, match=r"model\._target_='os.system': is not allowed"):
        check_early(cfg)


REEXPORTS = [
    "aetrain.autoencoder.torch.hub.load",
    "aetrain.making.instantiate",
    "aetrain.build.torch.load",
    "aetrain.schedules.math.exp",
    "aetrain.writing.os.system",
    "aetrain.run.Path",
    "aetrain.new_run.default_path",
    "aetrain.config.allowlist.import_module",
    "aetrain.models.vae.VAE.load_from_checkpoint",
    "aetrain.data.module.DataModule.load",
    "aetrain.run.Run.create",
    "torch.nn.modules.module.torch.hub.load",
    "torch.nn.modules.module.warnings.sys.modules",
    "torch.optim.lr_scheduler.types.FunctionType",
    "torch.optim.lr_scheduler.partial",
    "torch.optim.optimizer.functools.partial",
    "torch.nn.Module.load_state_dict",
    "torch.nn.functional.conv2d",
    "torch.nn.functional",
    "pytorch_lightning.callbacks.progress.rich_progress.Path",
    "pytorch_lightning.loggers.csv_logs.os.remove",
    "torchvision.datasets.utils.download_url",
    "torchvision.datasets.folder.os.system",
    "torchvision.transforms.functional.Image.open",
]


@pytest.mark.parametrize("target", REEXPORTS)
def test_what_hides_behind_an_allowed_name_is_refused(target: str):
    assert forbidden({"a": {"_target_": target}}) == []
    with pytest.raises(UserError) as caught:
        resolve(target)
    assert str(caught.value).startswith(f"{target}: ")
    assert "\n" not in str(caught.value)


GOOD = [
    "aetrain.models.vae.VAE",
    "aetrain.objectives.elbo.elbo",
    "aetrain.schedules.cosine",
    "torch.nn.Linear",
    "torch.nn.functional.relu",
    "torch.nn.init.orthogonal_",
    "torch.optim.Adam",
    "torch.optim.lr_scheduler.StepLR",
    "pytorch_lightning.callbacks.ModelCheckpoint",
    "pytorch_lightning.loggers.CSVLogger",
    "pytorch_lightning.strategies.DDPStrategy",
    "pytorch_lightning.profilers.SimpleProfiler",
    "torchvision.datasets.FakeData",
    "torchvision.transforms.Compose",
]


@pytest.mark.parametrize("target", GOOD)
def test_what_is_meant_to_be_used_is_found(target: str):
    assert resolve(target).__name__ == target.rpartition(".")[2]


def test_the_messages_of_resolve():
    with pytest.raises(UserError) as caught:
        resolve("aetrain.run.Path")
    assert str(caught.value) == "aetrain.run.Path: the class pathlib.Path is not allowed"
    with pytest.raises(UserError) as caught:
        resolve("aetrain.models.vae.VEA")
    assert str(caught.value) == (
        "aetrain.models.vae.VEA: aetrain.models.vae has no 'VEA'; correct the name"
    )
    with pytest.raises(UserError) as caught:
        resolve("not_there.Model", ["not_there"])
    assert str(caught.value) == (
        "not_there.Model: there is no package 'not_there'; start where it lies, or install it"
    )


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's package with a good class, a re-export and modules that cannot be imported."""
    folder = tmp_path / "their_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "good.py").write_text("import os\nfrom os import system\nclass Model: ...\n")
    (folder / "broken.py").write_text("1 / 0\n")
    (folder / "needy.py").write_text("import not_installed_anywhere\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder  # pyright: ignore[reportReturnType]
    for name in [name for name in sys.modules if name.startswith("their_package")]:
        del sys.modules[name]


@pytest.mark.usefixtures("package")
def test_the_users_own_package():
    allow = ["their_package"]
    assert resolve("their_package.good.Model", allow).__name__ == "Model"
    for target in ("their_package.good.system", "their_package.good.os.system"):
        with pytest.raises(UserError):
            resolve(target, allow)
    with pytest.raises(UserError, match=r"broken cannot be imported \(ZeroDivisionError: division"):
        resolve("their_package.broken.Model", allow)
    with pytest.raises(UserError, match="needy needs 'not_installed_anywhere'; install it"):
        resolve("their_package.needy.Model", allow)


def test_both_looks_at_once():
    config = {"a": {"_target_": "aetrain.run.Path"}, "b": [{"_target_": "aetrain.nothing.X"}]}
    with pytest.raises(UserErrors) as caught:
        require_allowed(config)
    assert caught.value.messages == [
        "a._target_=aetrain.run.Path: the class pathlib.Path is not allowed",
        "b[0]._target_=aetrain.nothing.X: aetrain has no 'nothing'; correct the name",
    ]
    require_allowed({"a": {"_target_": "torch.nn.ReLU"}})


def test_nothing_is_imported_of_what_is_refused(package: Path):
    (package / "noisy.py").write_text("raise SystemExit('ran')\n")
    with pytest.raises(UserErrors):
        check_targets({"a": {"_target_": "their_package.noisy.X"}})


def test_keys_are_full():
    assert [key for key, _ in walk({"a": [{"b": 1}], 3: {"c": 2}})] == [
        *("a", "a[0]", "a[0].b", "3", "3.c")
    ]


def test_every_target_of_the_projects_own_files_passes():
    for path in sorted(conf_files().glob("*/*.yaml")):
        for line in path.read_text().splitlines():
            key, _, target = line.strip().partition(": ")
            if key == "_target_":
                assert forbidden({key: target.split(" ")[0]}) == [], path
