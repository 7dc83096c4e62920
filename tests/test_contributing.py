"""CONTRIBUTING.md is true: its files are written as it says and its commands are trained."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import aetrain

PAGE = Path(__file__).parents[1] / "CONTRIBUTING.md"
BLOCK = re.compile(r"^```(python|yaml|shell)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
COMMANDS = [code.strip() for language, code in BLOCKS if language == "shell"]
START = ["PYTHONPATH=.", "aetrain", "--config-dir", "choices", "allow=[my_pieces]"]
TINY = [
    *("network.hidden=[8]", "trainer=cpu", "trainer.max_steps=2", "trainer.max_epochs=1"),
    *("trainer.enable_progress_bar=false", "evaluation.nll_samples=2"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with the package and the choices of the page."""
    root = tmp_path_factory.mktemp("contributing")
    for language, code in BLOCKS:
        if language == "shell":
            continue
        first, _, rest = code.partition("\n")
        file = root / first.removeprefix("# ")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(rest, encoding="utf-8")
    (root / "my_pieces" / "__init__.py").touch()
    sys.path.insert(0, str(root))
    yield root
    sys.path.remove(str(root))
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_pieces"]:
        del sys.modules[name]


def test_there_is_a_walk_for_each_kind():
    kinds = [re.search(r"(likelihood|prior|model|dataset)=", command) for command in COMMANDS]
    found = [kind[1] for kind in kinds if kind]
    assert found == ["likelihood", "prior", "model", "dataset"]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_trains(
    command: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    words = shlex.split(command)
    assert words[: len(START)] == START
    monkeypatch.chdir(tmp_path)
    overrides = [*words[4:], *TINY, f"run.dir={tmp_path / 'run'}"]
    results = aetrain.train(overrides, config_dirs=[str(place / "choices")])
    assert results["steps"] == 2
    trained = aetrain.load(results["run"], allow=["my_pieces"])
    assert trained.reconstruct(trained.sample(3)).shape == (3, *trained.event)
