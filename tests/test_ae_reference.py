"""docs/ae.md says what ae says."""

import importlib.util
import re
import shlex
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import click
import pytest

from aetrain.cli.program import SETTINGS, VERBS

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "ae_reference", ROOT / "scripts" / "ae_reference.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(
    version("click").split(".")[:2] != ["8", "5"], reason="each click lays out help a little anew"
)
def test_the_page_is_up_to_date(script: ModuleType):
    written = script.PAGE.read_text(encoding="utf-8")
    assert written == script.page(), "renew it: python scripts/ae_reference.py"


def test_the_examples_can_be_parsed(script: ModuleType):
    verbs = {verb.name: verb for verb in VERBS}
    lines = re.findall(r"^ +(ae [a-z]+ .*)$", script.page(), re.MULTILINE)
    assert len(lines) > 20
    for line in lines:
        words = shlex.split(line.split("   ")[0])[1:]
        verb = verbs[words[0]]
        context = click.Context(verb, info_name=verb.name, **SETTINGS)
        verb.parse_args(context, words[1:])
