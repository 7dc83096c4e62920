import pytest
from omegaconf import DictConfig, OmegaConf

from aetrain.config.check import check_early
from aetrain.config.compose import compose
from aetrain.config.plain import missing, plain
from aetrain.errors import UserErrors


def test_missing_values_are_named_with_their_comment():
    cfg = compose(["dataset=array"]).cfg
    assert missing(cfg) == ["dataset.path: is missing; set dataset.path=... (the file)"]
    cfg = compose(["dataset=image_folder"]).cfg
    assert missing(cfg) == ["dataset.path: is missing; set dataset.path=... (the folder or zip)"]


def test_missing_values_anywhere_and_without_comment():
    cfg = OmegaConf.create({"a": {"b": "???"}, "c": ["???", 1], "d": "${a.b}"})
    assert missing(cfg) == ["a.b: is missing; set a.b=...", "c[0]: is missing; set c[0]=..."]


def test_everything_is_plain_and_resolved():
    cfg = OmegaConf.create({"a": [1, {"b": "${c}"}], "c": {"d": None}, "hydra": {"x": "${nope}"}})
    assert plain(cfg) == ({"a": [1, {"b": {"d": None}}], "c": {"d": None}}, [])
    assert type(plain(cfg)[0]["a"]) is list


def test_what_depends_on_a_missing_value_is_missing_too():
    cfg = OmegaConf.create({"a": "???", "b": "${a}", "c": "x${a}", "d": [1, "${a}"]})
    assert plain(cfg) == ({"a": "???", "b": "???", "c": "???", "d": [1, "???"]}, [])


WRONG = [
    ("${latnet}", "a: ${latnet} points to a key that does not exist. Did you mean 'latent'?"),
    ("${x.y}", "a: ${x.y} points to a key that does not exist"),
    ("${..x}", "a: ${..x} points to a key that does not exist"),
    ("${revers:[1]}", "a: there is no resolver 'revers' for ${revers:...}; correct the name"),
    (
        "${oc.env:AETRAIN_NOT_SET}",
        "a: the environment variable AETRAIN_NOT_SET is not set; set it in the shell",
    ),
    ("${a}", "a: points to itself; give it a value, a=..."),
    (
        "${oc.decode:'[1'}",
        "a: cannot be resolved (missing BRACKET_CLOSE at '<EOF>'); give it a value, a=...",
    ),
]


@pytest.mark.parametrize(("value", "text"), WRONG)
def test_what_cannot_be_resolved(value: str, text: str):
    config, messages = plain(DictConfig({"latent": 3, "a": value}))
    assert messages == [text]
    assert config == {"latent": 3, "a": "???"}


def test_all_at_once():
    _, messages = plain(OmegaConf.create({"a": {"b": "${x}"}, "c": ["${y}"]}))
    assert messages == [
        "a.b: ${x} points to a key that does not exist",
        "c[0]: ${y} points to a key that does not exist",
    ]


@pytest.mark.parametrize("recipe", ["aae_semi_mnist", "m2_mnist", "sdae_mnist"])
def test_what_a_recipe_sets_for_another_choice_is_no_option_of_none(recipe: str):
    cfg = compose([f"experiment={recipe}", "corruption=none"]).cfg
    assert not OmegaConf.is_missing(cfg, "corruption")
    config, messages = plain(cfg)
    assert config["corruption"] == {}
    assert not messages


@pytest.mark.parametrize(
    "typed", ["corruption.level=0.7", "+corruption.p=1", "~corruption._target_"]
)
def test_what_the_user_types_for_none_is_refused(typed: str):
    cfg = compose(["experiment=aae_semi_mnist", "corruption=none"]).cfg
    with pytest.raises(UserErrors) as caught:
        check_early(cfg, ["experiment=aae_semi_mnist", typed, "corruption=none"])
    assert caught.value.messages == [
        f"{typed}: corruption=none has no options; choose another corruption"
    ]
