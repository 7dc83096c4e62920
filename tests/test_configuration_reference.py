"""docs/configuration.md says what conf/ says."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from aetrain.config.compose import keys
from aetrain.config.files import groups

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "configuration_reference", ROOT / "scripts" / "configuration_reference.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(script: ModuleType):
    written = script.PAGE.read_text(encoding="utf-8")
    assert written == script.page(), "renew it: python scripts/configuration_reference.py"


def test_every_choice_has_its_heading_and_a_line(script: ModuleType):
    lines = script.page().splitlines()
    for group, choices in groups().items():
        for choice in choices:
            line = lines[lines.index(f"### {group}={choice}") + 2]
            assert len(line) > 3, f"conf/{group}/{choice}.yaml begins with no comment"


def test_the_keys_of_the_default_configuration_are_there(script: ModuleType):
    text = script.page()
    inner = ("callbacks.", "logger.", "network.encoder", "network.decoder", "objective.terms")
    wanted = [
        key
        for key in keys()
        if not key.startswith(inner) and not key.rpartition(".")[2].startswith("_")
    ]
    headings = {key.rpartition(".")[0] for key in wanted}
    missing = [k for k in wanted if k not in headings and f"| `{k}` |" not in text]
    assert [key for key in missing if "." in key and not key.startswith("dataset.source")] == []


def test_no_page_has_a_place_for_a_figure_left_empty() -> None:
    root = Path(__file__).parents[1]
    for page in (*root.glob("docs/*.md"), root / "README.md"):
        assert not re.search(r"\| @\w+@ \|", page.read_text()), page
