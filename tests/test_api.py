"""Training from Python."""

from typing import Any

import pytest

import aetrain
from aetrain import execute
from aetrain.errors import UserError


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What jobs were asked for, none of which is done."""
    found: list[list[str]] = []

    def note(config: Any, choices: Any, command: list[str], **more: Any) -> dict[str, Any]:
        found.append(command)
        return {}

    monkeypatch.setattr(execute, "execute", note)
    return found


def test_a_string_is_one_override(commands: list[list[str]]) -> None:
    aetrain.train("model=ae")
    aetrain.train(word for word in ["model=vae", "latent=3"])
    assert commands == [["model=ae"], ["model=vae", "latent=3"]]
    with pytest.raises(UserError, match="model=vea: no such model"):
        aetrain.train("model=vea")


@pytest.mark.parametrize("wrong", [{"model": "vae"}, ["model=vae", 3], 5, None])
def test_what_is_no_list_of_overrides(commands: list[list[str]], wrong: Any) -> None:
    with pytest.raises(UserError, match=r"^train\(.*\): must be a list of key=value, such as"):
        aetrain.train(wrong)
    assert commands == []


def test_one_directory_of_choices(commands: list[list[str]]) -> None:
    with pytest.raises(UserError, match="nowhere: no such directory"):
        aetrain.train("model=ae", config_dirs="nowhere")
