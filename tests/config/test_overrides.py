from pathlib import Path

import pytest

from aetrain.config.files import groups
from aetrain.config.overrides import wrong_overrides

MODELS = ", ".join(groups()["model"])

OWN_LINE = [  # what is said after the override itself
    ("modle=ae", "no such key 'modle'. Did you mean 'model'?"),
    ("modle@foo=ae", "no such key 'modle'. Did you mean 'model'?"),
    ("optmizer.lr=1", "no such key 'optmizer'. Did you mean 'optimizer'?"),
    ("optimizer.lrr=1", "no such key 'optimizer.lrr'. Did you mean 'optimizer.lr'?"),
    ("optimizer.lr.x=1", "no such key 'optimizer.lr.x'"),
    ("lr=0.1", "no such key 'lr'. Did you mean 'optimizer.lr'?"),
    ("beta=4", "no such key 'beta'. Did you mean 'objective.beta'?"),
    ("batch_size=10", "no such key 'batch_size'. Did you mean 'dataset.batch_size'?"),
    ("epochs=3", "no such key 'epochs'. Did you mean 'trainer.max_epochs'?"),
    ("quite_else=3", "no such key 'quite_else'"),
    ("run={dirr:a}", "no such key 'run.dirr'. Did you mean 'run.dir'?"),
    (
        "trainer={max_epoch:3}",
        "no such key 'trainer.max_epoch'. Did you mean 'trainer.max_epochs'?",
    ),
    (
        "dataset.path=x.npy",
        "no such key 'dataset.path'. It comes with dataset=array or dataset=dsprites or"
        " dataset=image_folder",
    ),
    (
        "objective.weights.ratee=3",
        "no such key 'objective.weights.ratee'. Did you mean 'objective.weights.rate'?",
    ),
    (
        "objective.weights.adversarial=3",
        "no such key 'objective.weights.adversarial'. Where the model has such a term, use"
        " +objective.weights.adversarial=3",
    ),
    (
        "objective.weights={adversarial:3}",
        "no such key 'objective.weights.adversarial'. Where the model has such a term, use"
        " +objective.weights={adversarial:3}",
    ),
    (
        "objective.weights.mmd=3",
        "no such key 'objective.weights.mmd'. It comes with objective=infovae or objective=wae."
        " Where the model has such a term, use +objective.weights.mmd=3",
    ),
    ("objective.weights.rate.x=3", "no such key 'objective.weights.rate.x'"),
    ("~objective.weights.foo", "no such key 'objective.weights.foo'"),
    ("network.hidden.7=3", "no such key 'network.hidden.7'"),
    ("latent==3", "has two '='; write latent=3"),
    ("latent", "is no key=value; write both without spaces around '='"),
    ("=", "is no key=value; write both without spaces around '='"),
    ("network.hidden=[500", "'[' has no counterpart; put what has spaces in quotes"),
    (
        "dataset.path=/a=b",
        "the value cannot be read; put it in quotes, \"dataset.path='/a=b'\"",
    ),
    ("model=ae,vae", "several values need -m"),
    ("model=glob(*)", "several values need -m"),
    ("seed=0,1", "several values need -m"),
    ("seed=range(3)", "several values need -m"),
    ("network.hidden=400,200", "several values need -m; a list is network.hidden=[400,200]"),
    ("+model=ae", "'model' needs no '+'; leave it out"),
    ("+experiment=vae_mnist", "'experiment' needs no '+'; leave it out"),
    ("++model=ae", "'model' is a group; leave out the '++'"),
    ("+latent=3", "'latent' is there already; leave out the '+'"),
    ("~latnet", "no such key 'latnet'. Did you mean 'latent'?"),
    ("~model=ae", "is not chosen, so it cannot be taken out; leave this out"),
    ("model@foo=ae", "no such group 'model@foo'. Did you mean 'model'?"),
    ("model=null", f"choose from {MODELS}"),
    ("experiment=null", "leave it out"),
]


@pytest.mark.parametrize(("override", "text"), OWN_LINE)
def test_one_wrong_override(override: str, text: str):
    assert wrong_overrides([override]) == [f"{override}: {text}"]


CHOICES = [
    ("model=vea", f"no such model; choose from {MODELS}. Did you mean 'vae'?"),
    ("model=3", f"no such model; choose from {MODELS}"),
    ("trainer=cuda", "no such trainer; choose from auto, cpu, ddp, gpu, mps"),
    ("debug=profil", "no such debug; choose from batch, overfit, profile. Did you mean 'profile'?"),
    (
        "dataset=options",
        "no such dataset; choose from array, cifar10, digits, dsprites, fashion_mnist,"
        " image_folder, mnist, sprites",
    ),
]


@pytest.mark.parametrize(("override", "text"), CHOICES)
def test_wrong_choices(override: str, text: str):
    assert wrong_overrides([override]) == [f"{override}: {text}"]


RIGHT = [
    ["model=ae"],
    ["model=vae.yaml"],
    ["logger=[csv]"],
    ["logger=[csv,tensorboard]"],
    ["latent=3", "seed=4", "seed=5"],
    ["dataset=array", "dataset.path=a b.npy", "dataset.range=[0,1]"],
    ["dataset.root=data", "dataset=mnist"],
    ["experiment=vae_mnist", "dataset.root=x"],
    ["trainer={max_epochs:3}"],
    ["network.hidden.0=3"],
    ["+vars.width=3", "network.hidden=[${vars.width}]"],
    ["++latent=3"],
    ["+optimizer.amsgrad=true", "optimizer.amsgrad=false"],
    ["~callbacks.figures"],
    ["callbacks=none", "+callbacks.early_stopping.patience=3"],
    ["hydra.nothing=3"],
    ["latent=abc"],  # a value: the checks of the configuration say it
    ["debug=batch", "resume=null"],
]


@pytest.mark.parametrize("overrides", RIGHT, ids=" ".join)
def test_right_ones(overrides: list[str]):
    assert wrong_overrides(overrides) == []


def test_all_at_once_and_in_order():
    assert wrong_overrides(["optmizer.lr=1", "latent==3", "seed=1", "model=vea", "seed=0,1"]) == [
        "optmizer.lr=1: no such key 'optmizer'. Did you mean 'optimizer'?",
        "latent==3: has two '='; write latent=3",
        f"model=vea: no such model; choose from {MODELS}. Did you mean 'vae'?",
        "seed=0,1: several values need -m",
    ]


def test_keys_depend_on_the_choices():
    (message,) = wrong_overrides(["callbacks=none", "callbacks.figures.every_n_epochs=3"])
    assert message == (
        "callbacks.figures.every_n_epochs=3: no such key 'callbacks.figures'."
        " It comes with callbacks=default"
    )


def test_what_was_taken_out_is_not_there():
    assert wrong_overrides(["~run.dir", "run.dir=3"]) == ["run.dir=3: no such key 'run.dir'"]


SWEEPS = [
    ["model=ae,vae", "seed=0,1"],
    ["model=glob(*)"],
    ["seed=range(0,3)"],
    ["latent=choice(2,3)"],
    ["optimizer.lr=interval(0.1,0.2)"],
    ["dataset=mnist,cifar10", "dataset.root=x"],
]


@pytest.mark.parametrize("overrides", SWEEPS, ids=" ".join)
def test_sweeps(overrides: list[str]):
    assert wrong_overrides(overrides, multirun=True) == []


def test_wrong_sweeps():
    found = wrong_overrides(["model=ae,vea", "sed=0,1", "prior=range(3)"], multirun=True)
    assert found == [
        f"model=vea: no such model; choose from {MODELS}. Did you mean 'vae'?",
        "sed=0,1: no such key 'sed'. Did you mean 'seed'?",
        "prior=range(3): is no choice of prior; choose from "
        + ", ".join(sorted(groups()["prior"])),
    ]


def test_a_key_that_only_some_jobs_have():
    (message,) = wrong_overrides(["dataset=mnist,digits", "dataset.root=x"], multirun=True)
    assert message.startswith("dataset.root=x: no such key 'dataset.root'. It comes with ")


def test_the_users_directory(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text("a: 1\n")
    assert wrong_overrides(["model=mine", "model.a=2"], config_dirs=[tmp_path]) == []
    assert wrong_overrides([f"hydra.searchpath=[file://{tmp_path}]", "model=mine"]) == []
    known = ", ".join(sorted([*groups()["model"], "mine"]))
    assert wrong_overrides(["model=mines"], config_dirs=[tmp_path]) == [
        f"model=mines: no such model; choose from {known}. Did you mean 'mine'?"
    ]
    assert wrong_overrides(["model.b=2", "model=mine"], config_dirs=[tmp_path]) == [
        "model.b=2: no such key 'model.b'"
    ]


def test_a_users_file_that_cannot_be_read(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text("a: 1\n  b: [\n")
    assert wrong_overrides(["model=mine", "x y=3"], config_dirs=[tmp_path]) == [
        "x y=3: 'x y' is no key; keys look like optimizer.lr",
        f"{tmp_path}/model/mine.yaml:2:4: mapping values are not allowed here; correct the file",
    ]


def test_a_directory_that_is_not_there():
    assert wrong_overrides([], config_dirs=["/not/there"]) == [
        "--config-dir=/not/there: no such directory; correct the path"
    ]
