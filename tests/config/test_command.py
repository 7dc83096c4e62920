from pathlib import Path

import pytest
from hydra.utils import instantiate

from aetrain.config.command import check_overrides, explained
from aetrain.config.compose import compose
from aetrain.config.files import groups
from aetrain.errors import NonFiniteLoss, UserError, UserErrors

MODELS = ", ".join(groups()["model"])


def test_all_wrong_overrides_are_raised_at_once():
    with pytest.raises(UserErrors) as caught:
        check_overrides(["--cfg", "job", "model=vea", "seed=0,1", "laten=3"])
    assert caught.value.messages == [
        f"model=vea: no such model; choose from {MODELS}. Did you mean 'vae'?",
        "seed=0,1: several values need -m",
        "laten=3: no such key 'laten'. Did you mean 'latent'?",
    ]
    check_overrides(["-m", "model=ae,vae"])
    check_overrides([])


def test_completion_is_not_checked():
    check_overrides(["-sc", "model=v"])


def test_the_users_directory(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text("a: 1\n")
    check_overrides(["--config-dir", str(tmp_path), "model=mine"])
    check_overrides(["model=mine"], [tmp_path])


def test_what_hydra_raises_is_explained():
    with pytest.raises(UserErrors) as caught, explained(["model=vea"]):
        compose(["model=vea"])
    assert caught.value.messages == [
        f"model=vea: no such model; choose from {MODELS}. Did you mean 'vae'?"
    ]


def test_faults_and_our_own_errors_pass_through():
    with pytest.raises(KeyError), explained():
        raise KeyError("a")
    with pytest.raises(UserErrors, match="a: b"), explained():
        raise UserErrors(["a: b"])


@pytest.mark.parametrize("error", [UserError("a: b"), NonFiniteLoss("a: b")])
def test_our_own_error_keeps_its_text(error: UserError):
    with pytest.raises(UserError, match="a: b"), explained():
        raise error


def test_a_class_that_refuses_a_value():
    node = {"_target_": "torch.nn.Dropout", "p": 3}
    with pytest.raises(UserErrors) as caught, explained():
        instantiate(node)
    assert caught.value.messages == [
        "torch.nn.modules.dropout.Dropout: dropout probability has to be between 0 and 1,"
        " but got 3; change the value"
    ]


def test_our_own_error_inside_hydras():
    node = {"_target_": "aetrain.data.vision.Vision", "name": "MNITS", "root": "."}
    with pytest.raises(UserErrors, match="MNITS"), explained():
        instantiate(node)


def test_a_fault_inside_hydras_passes_through():
    with pytest.raises(Exception, match="Error in call") as caught, explained():
        instantiate({"_target_": "torch.nn.Linear", "in_features": "a", "out_features": 1})
    assert not isinstance(caught.value, UserError)
