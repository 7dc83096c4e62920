import sys
from pathlib import Path
from typing import Any

import pytest

from aetrain.config.compose import compose
from aetrain.config.files import groups
from aetrain.config.plain import plain
from aetrain.config.signature import problems


def config(*overrides: str) -> dict[str, Any]:
    return plain(compose(overrides).cfg)[0]


@pytest.mark.parametrize(
    "choice",
    [f"{g}={c}" for g, choices in groups().items() for c in choices],
)
def test_no_choice_has_a_problem(choice: str):
    assert problems(config(choice)) == []


WRONG = [
    ("+optimizer.lrr=1", "optimizer.lrr: torch.optim.Adam takes no 'lrr'. Did you mean 'lr'?"),
    ("+optimizer.quite_else=1", "optimizer.quite_else: torch.optim.Adam takes no 'quite_else'"),
    ("optimizer.lr=abc", "optimizer.lr='abc': a number is needed"),
    ("optimizer.lr=null", "optimizer.lr=null: a number is needed"),
    ("optimizer.lr=true", "optimizer.lr=true: a number is needed"),
    ("optimizer.lr=nan", "optimizer.lr=nan: a number is needed"),
    ("optimizer.lr={a:1}", "optimizer.lr={a:1}: a number is needed"),
    ("optimizer.betas=[0.9]", "optimizer.betas=[0.9]: a list of 2 numbers is needed"),
    ("+optimizer.amsgrad=3", "optimizer.amsgrad=3: true or false is needed"),
    ("dataset.batch_size=many", "dataset.batch_size='many': a whole number is needed"),
    ("dataset.batch_size=64.0", "dataset.batch_size=64.0: a whole number is needed, such as 64"),
    ("dataset.valid=some", "dataset.valid='some': a number is needed"),
    ("dataset.limit=1.5", "dataset.limit=1.5: a whole number or null is needed"),
    (
        "dataset.binarize=dynamc",
        "dataset.binarize='dynamc': choose from auto, none, threshold, static, dynamic."
        " Did you mean 'dynamic'?",
    ),
    ("network.activation=3", r"network.activation=3: text is needed; from a shell write \'3\'"),
    ("callbacks.figures.every_n_epochs=a", None),
]


@pytest.mark.parametrize(("override", "text"), WRONG)
def test_what_each_wrong_argument_is_told(override: str, text: str | None):
    key = override.partition("=")[0]
    text = text or f"{key}='a': a whole number is needed"
    assert problems(config(override)) == [text]


def test_a_value_is_named_where_the_user_wrote_it():
    messages = problems(config("dataset=mnist", "dataset.root=3", "dataset.download=perhaps"))
    assert messages == [
        r"dataset.root=3: text is needed; from a shell write \'3\'",
        "dataset.download='perhaps': true or false is needed",
    ]


def test_choices_of_numbers_or_words():
    assert problems(config("likelihood=gaussian", "likelihood.sigma=[1]")) == [
        "likelihood.sigma=[1]: a number or one of shared, per_dimension, decoder, optimal is needed"
    ]
    assert problems(config("likelihood=gaussian", "likelihood.sigma=0.5")) == []
    assert problems(config("likelihood=gaussian", "likelihood.sigma=decoder")) == []


LAYER: dict[str, Any] = {"_target_": "torch.nn.Linear"}


def test_missing_arguments():
    assert problems({"a": [LAYER]}) == [
        "a[0].in_features: is missing; torch.nn.Linear needs it, set a[0].in_features=...",
        "a[0].out_features: is missing; torch.nn.Linear needs it, set a[0].out_features=...",
    ]
    assert problems({"a": {**LAYER, "_partial_": True}}) == []
    assert problems({"a": {**LAYER, "_args_": [3, 4]}}) == []


def test_arguments_by_position_are_judged_too():
    assert problems({"a": {**LAYER, "_args_": [3, "four"]}}) == [
        "a.out_features='four': a whole number is needed"
    ]


def test_a_parameter_may_be_called_after_any_word():
    node = {**LAYER, "in_features": 3, "out_features": 4, "_convert_": "all", "_recursive_": False}
    assert problems({"a": node}) == []


def test_an_object_fits_everywhere():
    inner = {"_target_": "torch.nn.ReLU"}
    assert problems({"a": {**LAYER, "in_features": inner, "out_features": 1}}) == []
    assert problems({"a": {"_target_": "torch.nn.Sequential", "_args_": [inner]}}) == []


def test_what_the_program_adds_is_not_missing():
    csv = {"_target_": "aetrain.loggers.csv.CSV"}
    assert problems({"logger": {"csv": csv}}) == []
    assert problems({"other": {"csv": csv}}) == [
        "other.csv.path: is missing; aetrain.loggers.csv.CSV needs it, set other.csv.path=..."
    ]


def test_a_target_that_does_not_exist():
    assert problems(config("model._target_=aetrain.models.vae.VEA")) == [
        "model._target_=aetrain.models.vae.VEA: aetrain.models.vae has no 'VEA'; correct the name"
    ]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A user's module with annotations that only a type checker can resolve, and with none."""
    (tmp_path / "their_module.py").write_text(
        "from __future__ import annotations\n"
        "class Typed:\n    def __init__(self, a: NotThere, b: int = 3): ...\n"
        "class Late:\n    def __init__(self, a: int, b: float | None = None): ...\n"
        "class Bare:\n    def __init__(self, a, b=0.5, *, c=None, **others): ...\n"
        "class Positional:\n    def __init__(self, a, /): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield "their_module"  # pyright: ignore[reportReturnType]
    sys.modules.pop("their_module", None)


def node(name: str, **arguments: Any) -> dict[str, Any]:
    return {"allow": ["their_module"], "x": {"_target_": f"their_module.{name}", **arguments}}


@pytest.mark.usefixtures("package")
def test_the_users_own_classes():
    assert problems(node("Typed", a=[1], b="x")) == []
    assert problems(node("Typed", c=1)) == [
        "x.c: their_module.Typed takes no 'c'",
        "x.a: is missing; their_module.Typed needs it, set x.a=...",
    ]
    assert problems(node("Late", a="x", b="y")) == [
        "x.a='x': a whole number is needed",
        "x.b='y': a number or null is needed",
    ]
    assert problems(node("Bare", a=1, b=2, c=[], d=4)) == []
    assert problems(node("Bare", a=1, b="x")) == ["x.b='x': a number is needed"]
    assert problems(node("Positional", _args_=[1])) == []
    assert problems(node("Positional", a=1))[0] == "x.a: their_module.Positional takes no 'a'"
