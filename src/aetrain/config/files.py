"""The configuration's yaml files, read as text: no Hydra, so that help does not wait for it."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_KEY = re.compile(r"^(?P<indent> *)(?P<key>[\w]+):(?P<value>[^#]*?)(?:\s+#\s*(?P<comment>.*))?$")


@lru_cache
def conf_files() -> Path:
    """Return the directory of aetrain's own configuration.

    Installed it is the package `aetrain.conf`; in a source tree, `conf/` beside `src/`.
    """
    spec = find_spec("aetrain.conf")
    if spec is not None and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(__file__).resolve().parents[3] / "conf"


def groups(config_dirs: Iterable[str | Path] = ()) -> dict[str, list[str]]:
    """Return group -> names of its choices, aetrain's own and those of more directories.

    A file whose first comment begins with `# (` is a part of other files, not a choice.
    """
    found: dict[str, set[str]] = {}
    for root in (conf_files(), *map(Path, config_dirs)):
        for path in root.glob("*/**/*.yaml"):
            if not summary(path).startswith("("):
                group = path.parent.relative_to(root).as_posix()
                found.setdefault(group, set()).add(path.stem)
    return {group: sorted(found[group]) for group in sorted(found)}


def summary(path: Path) -> str:
    """Return the first line of a file's opening comment, after a line `# @package`."""
    for line in _read(path).splitlines():
        if not line.startswith("#"):
            return ""
        if not line.startswith("# @package"):
            return line.lstrip("# ").rstrip()
    return ""


def comments(path: Path) -> dict[str, tuple[str, str]]:
    """Return dotted key -> (value, comment beside it), as they are written in the file."""
    found: dict[str, tuple[str, str]] = {}
    above: list[tuple[int, str]] = []
    for line in _read(path).splitlines():
        match = _KEY.match(line)
        if match is None:
            continue
        indent = len(match["indent"])
        above = [(i, key) for i, key in above if i < indent] + [(indent, match["key"])]
        found[".".join(key for _, key in above)] = (match["value"].strip(), match["comment"] or "")
    return found


def defaults() -> dict[str, str]:
    """Return group -> the choice made for it where the user makes none."""
    lines = re.findall(r"^  - (\w+): (\w+)", _read(conf_files() / "train.yaml"), re.MULTILINE)
    return {group: choice for group, choice in lines if choice != "null"}


def hint(key: str, targets: Iterable[str]) -> str:
    """Return the comment on a key in the file that a configuration was made from, or nothing.

    Arguments:
        key: dotted, as in `dataset.path`.
        targets: all `_target_` of the configuration: the file is the choice whose own are there.
    """
    known = set(targets)
    group, _, rest = key.partition(".")
    for path in sorted((conf_files() / group).glob("*.yaml")):
        named = set(re.findall(r"_target_: *([\w.]+)", _read(path)))
        if named <= known and (comment := _own(path, key, rest)[1]):
            return comment
    return comments(conf_files() / "train.yaml").get(key, ("", ""))[1]


def holders(key: str, config_dirs: Iterable[str | Path] = ()) -> list[str]:
    """Return the choices, as `dataset=mnist`, whose own file has this key."""
    group, _, rest = key.partition(".")
    roots = (conf_files(), *map(Path, config_dirs))
    files = [path for root in roots for path in sorted((root / group).glob("*.yaml"))]
    return [f"{group}={p.stem}" for p in files if _own(p, key, rest)[0] and summary(p)[:1] != "("]


def _own(path: Path, key: str, rest: str) -> tuple[str, str]:
    """Return what a file says of a key; one for the whole configuration spells it in full."""
    found = comments(path)
    return found.get(rest) or found.get(key) or ("", "")


def searched(overrides: Sequence[str], config_dirs: Sequence[str | Path]) -> list[str]:
    """Return all directories beside aetrain's own: `--config-dir` and `hydra.searchpath=[...]`."""
    dirs = [str(path) for path in config_dirs]
    for override in overrides:
        if override.startswith("hydra.searchpath="):
            places = override.partition("=")[2].strip("[]\"' ").split(",")
            dirs += filter(None, map(_directory, places))
    return dirs


def _directory(place: str) -> str:
    place = place.strip("\"' ")
    if place.startswith("pkg://"):
        spec = find_spec(place.removeprefix("pkg://"))
        found = spec and spec.submodule_search_locations
        return next(iter(found)) if found else ""
    return place.removeprefix("file://")


def _read(path: Path) -> str:
    # what is wrong with a user's file is said when it is loaded, not while listing it
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
