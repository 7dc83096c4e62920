"""Every package is in the wheel."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_all_packages_are_listed():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    source = ROOT / "src"
    found = {
        ".".join(file.parent.relative_to(source).parts)
        for file in (source / "aetrain").rglob("__init__.py")
    }
    listed = set(settings["tool"]["setuptools"]["packages"])
    assert listed == found | {"aetrain.conf"}
