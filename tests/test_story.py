"""The README's story is true: its commands parse, and carried out they make its pictures."""

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from aetrain.cli.program import SETTINGS, ae
from aetrain.config.check import check_early
from aetrain.config.compose import compose

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
SMALL = [
    *("trainer.max_epochs=1", "trainer.accelerator=cpu", "network.hidden=[8]", "callbacks=none"),
    "evaluation.nll_samples=2",
]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import story

    yield story
    sys.modules.pop("story", None)


def test_every_command_parses(script: Any) -> None:
    story = script.steps(PAGE)
    commands = [shlex.split(code, comments=True) for language, code in story if language == "shell"]
    trained = [words for program, *words in commands if program == "aetrain"]
    asked = [words for program, *words in commands if program == "ae"]
    assert len(trained) + len(asked) == len(commands)
    for words in trained:
        check_early(compose(words).cfg)
    for name, *words in asked:
        ae.commands[name].make_context(name, list(words), **SETTINGS)


def test_its_pictures_are_those_of_its_commands(script: Any) -> None:
    made = {
        Path(word).stem
        for language, code in script.steps(PAGE)
        for word in shlex.split(code)
        if language == "shell" and word.endswith((".png", ".html"))
    }
    shown = set(re.findall(r"docs/images/story-([\w-]+)\.png", PAGE))
    assert shown <= made
    for name in shown:
        assert (ROOT / "docs" / "images" / f"story-{name}.png").is_file()


@pytest.mark.slow
def test_it_can_be_told(script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for step in script.steps(PAGE):
        script.tell(step, SMALL)
    assert (tmp_path / "exported" / "encoder.onnx").is_file()
    assert (tmp_path / "limits.html").is_file()
