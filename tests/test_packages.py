"""Every package is in the wheel, and so is every choice."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

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


def test_the_wheel_holds_every_choice_and_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("build")
    pytest.importorskip("setuptools", minversion="77")
    source = tmp_path / "source"
    for name in ("src", "conf"):  # a checkout may have its conf linked into src
        shutil.copytree(
            ROOT / name,
            source / name,
            ignore=lambda folder, names: [n for n in names if Path(folder, n).is_symlink()],
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, source],
        env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = (built.stdout + built.stderr).splitlines()
    assert built.returncode == 0, said
    assert [line for line in said if "warn" in line.lower() or "ignored" in line] == []
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.endswith(".yaml")}
    files = (ROOT / "conf").rglob("*.yaml")
    assert held == {f"aetrain/conf/{f.relative_to(ROOT / 'conf')}" for f in files}
