from typing import Any

import pytest
from omegaconf import OmegaConf

from aetrain.config.compose import compose
from aetrain.config.files import comments, conf_files, groups
from aetrain.config.plain import plain
from aetrain.config.schema import GROUPS, OWN, TRAINER, problems


def changed(*overrides: str) -> dict[str, Any]:
    return plain(compose(overrides).cfg)[0]


def test_the_default_has_no_problem():
    assert problems(changed()) == []


@pytest.mark.parametrize(
    "choice",
    [f"{g}={c}" for g, choices in groups().items() for c in choices],
)
def test_no_choice_has_a_problem(choice: str):
    assert problems(changed(choice)) == []


def test_the_tables_are_what_the_files_hold():
    assert set(TRAINER) == set(comments(conf_files() / "trainer" / "auto.yaml"))
    top = comments(conf_files() / "train.yaml")
    assert set(OWN) <= set(top)
    assert set(GROUPS) | {"debug", "experiment"} == set(groups())


WRONG = [
    ("latent=0", "latent=0: must be at least 1"),
    ("latent=10000000000000000000", "latent=10000000000000000000: must be at most 9.2e18"),
    ("latent=-3", "latent=-3: must be at least 1"),
    ("latent=abc", "latent='abc': a whole number is needed"),
    ("latent=", "latent='': a whole number is needed"),
    ("latent=2.5", "latent=2.5: a whole number is needed"),
    ("latent=1e2", "latent=100.0: a whole number is needed, such as 100"),
    ("latent=null", "latent=null: a whole number is needed"),
    ("latent=true", "latent=true: a whole number is needed"),
    ("seed=-1", "seed=-1: must be at least 0"),
    ("samples=0", "samples=0: must be at least 1"),
    ("compile=maybe", "compile='maybe': true or false is needed"),
    ("resume=3", r"resume=3: text or null is needed; from a shell write \'3\'"),
    ("run.dir=[a]", "run.dir=['a']: text or null is needed"),
    ("evaluation.nll_samples=-1", "evaluation.nll_samples=-1: must be at least 0"),
    ("+vars.a=1", None),
    ("++allow=[]", None),
    ("++allow=mine", "allow='mine': a list of packages is needed, such as [mine]"),
    ("network.hidden=[]", None),
    ("network.hidden=400", "network.hidden=400: a list of whole numbers is needed, such as [400]"),
    ("network.hidden=[400,0]", "network.hidden=[400,0]: each must be at least 1"),
    ("network.hidden=[a]", "network.hidden=['a']: a list of whole numbers is needed"),
    (
        "objective.beta=much",
        "objective.beta='much': a number or a schedule with a _target_ is needed",
    ),
    ("objective.beta=-1", "objective.beta=-1: must be at least 0"),
    (
        "objective.beta={foo:1}",
        "objective.beta={foo:1}: a number or a schedule with a _target_ is needed",
    ),
    ("objective.beta={_target_:aetrain.schedules.linear,_partial_:true}", None),
    ("objective.beta=nan", "objective.beta=nan: a number or a schedule with a _target_ is needed"),
    (
        "objective.beta=inf",
        "objective.beta=inf: must be a finite number, of at most 3.4e38 in size",
    ),
    ("objective.weights.rate=-1", "objective.weights.rate=-1: must be at least 0"),
    ("objective.weights.rate=-inf", "objective.weights.rate=-inf: must be at least 0"),
    (
        "objective.weights.rate=inf",
        "objective.weights.rate=inf: must be a finite number, of at most 3.4e38 in size",
    ),
    (
        "objective.weights.rate=[1]",
        "objective.weights.rate=[1]: a number or a schedule with a _target_ is needed",
    ),
    ("objective.weights=5", "objective.weights=5: a group of settings is needed"),
    ("~objective.weights", "objective.weights: is missing; set it, objective.weights=..."),
    (
        "optimizer.lr=1e39",
        "optimizer.lr=1e+39: must be a finite number, of at most 3.4e38 in size",
    ),
    ("optimizer.lr=inf", "optimizer.lr=inf: must be a finite number, of at most 3.4e38 in size"),
    (
        "optimizer.betas=[0.9,nan]",
        "optimizer.betas[1]=nan: must be a finite number, of at most 3.4e38 in size",
    ),
    ("+vars.a=inf", None),
    (
        "callbacks.early_stopping.patience=0",
        "callbacks.early_stopping.patience=0: must be at least 1",
    ),
    ("callbacks.early_stopping.patience=null", None),
    ("run=3", "run.dir: is missing; set it, run.dir=..."),
    ("~latent", "latent: is missing; set it, latent=..."),
    ("~model", "model: is missing; choose one, model=..."),
    ("~trainer.precision", "trainer.precision: is missing; set it, trainer.precision=..."),
]

WRONG_TRAINER = [
    ("accelerator=gpus", "'gpus': choose from auto, cpu, gpu, cuda, mps. Did you mean 'gpu'?"),
    ("devices=0", "0: must be at least 1 or -1"),
    ("devices=-1", None),
    ("devices=auto", None),
    ("devices=\\'2\\'", None),
    ("devices=[0,1]", None),
    ("devices=many", "'many': a whole number, a list of whole numbers or auto is needed"),
    ("devices=1.5", "1.5: a whole number, a list of whole numbers or auto is needed"),
    ("strategy=dpd", "'dpd': choose from auto, ddp. Did you mean 'ddp'?"),
    ("max_epochs=ten", "'ten': a whole number is needed"),
    ("max_epochs=-2", "-2: must be at least 0 or -1"),
    ("max_epochs=-1", None),
    ("max_steps=1e3", "1000.0: a whole number is needed, such as 1000"),
    ("max_time=3", "3: a time such as 00:12:00:00, a group such as {minutes: 5} or null is needed"),
    ("precision=16-mixed", None),
    ("limit_val_batches=0.5", None),
    ("limit_val_batches=1.5", "1.5: must be at most 1"),
    ("limit_train_batches=0.5", "0.5: a whole number or null is needed"),
    ("val_check_interval=0", "0: must be at least 1"),
    ("steps_per_call=0", "0: must be at least 1"),
    ("gradient_clip_val=-1", "-1: must be at least 0"),
    ("gradient_clip_val=big", "'big': a number or null is needed"),
    ("gradient_clip_algorithm=max", "'max': choose from norm, value"),
    ("skip_gradient_above=-1", "-1: must be at least 0"),
    ("skip_gradient_above=inf", None),
    ("skip_gradient_above=nan", "nan: a number or null is needed"),
    ("gradient_clip_val=inf", "inf: must be a finite number, of at most 3.4e38 in size"),
    ("ema_decay=1.5", "1.5: must be at most 1"),
    ("ema_decay=0.999", None),
    ("deterministic=warn", None),
    ("deterministic=1", "1: true or false, warn or null is needed"),
    ("profiler=simpel", "'simpel': choose from simple, advanced, pytorch. Did you mean 'simple'?"),
    ("fast_dev_run=3", "3: true or false is needed"),
]


def in_trainer(override: str, text: str | None) -> tuple[str, str | None]:
    key = f"trainer.{override}"
    return key.replace("\\'", "'"), text and f"{key.partition('=')[0]}={text}"


@pytest.mark.parametrize(
    ("override", "text"), [*WRONG, *(in_trainer(*row) for row in WRONG_TRAINER)]
)
def test_what_each_wrong_value_is_told(override: str, text: str | None):
    assert problems(changed(override)) == ([text] if text else [])


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (["objective=capacity", "objective.gamma=-1"], "objective.gamma=-1: must be at least 0"),
        (
            ["objective=wae", "objective.discrepancy=inf"],
            "objective.discrepancy=inf: must be a finite",
        ),
        # alpha is of the bound, and may be below 0; no weight is taken from it
        (
            ["objective=renyi", "objective.alpha=-1", "objective.weights.rate=-1"],
            "objective.weights.rate=-1: must be at least 0",
        ),
    ],
)
def test_a_wrong_weight_is_told_once_where_it_was_written(overrides: list[str], text: str):
    (message,) = problems(changed(*overrides))
    assert message.startswith(text)


def test_precisions_are_those_of_lightning():
    (message,) = problems(changed("trainer.precision=32-ture"))
    assert message == (
        "trainer.precision='32-ture': choose from 32-true, bf16-mixed, 16-mixed, 64-true,"
        " bf16-true, 16-true. Did you mean '32-true'?"
    )


def test_keys_that_nobody_reads():
    config = changed()
    config |= {"latnet": 3, "quite_else": 1}
    config["trainer"]["max_epoch"] = 3
    config["run"]["dirr"] = "a"
    config["callbacks"]["early_stopping"]["patient"] = 3
    assert problems(config) == [
        "latnet: no such key. Did you mean 'latent'?",
        "quite_else: no such key. Values of your own go under 'vars'",
        "run.dirr: no such key. Did you mean 'run.dir'?",
        "trainer.max_epoch: no such key. Did you mean 'trainer.max_epochs'?",
        "callbacks.early_stopping.patient: no such key."
        " Did you mean 'callbacks.early_stopping.patience'?",
    ]


def test_a_recipe_without_its_package():
    assert problems(changed() | {"experiment": {"latent": 3}}) == [
        "experiment: its file must begin with the line '# @package _global_'; add it"
    ]


def test_a_group_that_is_no_group():
    config = changed() | {"trainer": 3}
    assert problems(config) == ["trainer=3: a group of settings is needed; choose one, trainer=..."]


def test_missing_values_are_left_to_others():
    config = changed()
    config["latent"] = "???"
    assert problems(config) == []


def test_all_at_once():
    assert len(problems(changed("latent=0", "seed=a", "trainer.devices=0", "~samples"))) == 4


def test_the_callers_configuration_is_not_changed():
    config = changed()
    before = OmegaConf.create(config)
    problems(config)
    assert before == OmegaConf.create(config)
