"""Everything that is wrong with a command line's overrides, found in one go.

Hydra stops at the first wrong override. Here each is held against the configuration that the
right group choices compose.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aetrain.config.compose import compose, keys
from aetrain.config.directories import useless_directory
from aetrain.config.explain import explain
from aetrain.config.files import groups, holders, searched
from aetrain.config.unreadable import unreadable
from aetrain.config.wording import listed, shown, unknown_choice, unknown_key
from aetrain.errors import UserError

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override
    from omegaconf import DictConfig

Numbered = tuple[int, "Override"]
Lines = list[tuple[int, str]]


def wrong_overrides(
    overrides: Sequence[str],
    *,
    config_dirs: Sequence[str | Path] = (),
    multirun: bool = False,
) -> list[str]:
    """Return one line for each wrong override, in their order; an empty list where all are right.

    What begins with `hydra` is left to Hydra, but for directories that it would make for nothing,
    and the values to the checks of the configuration.

    Arguments:
        overrides: what the user typed.
        config_dirs: the user's own directories, `--config-dir`.
        multirun: whether `-m` was given, so that several values make several jobs.
    """
    dirs = searched(overrides, config_dirs)
    known = groups(dirs)
    parsed, lines = _parse(overrides)
    lines += [(i, text) for i, o in parsed if (text := useless_directory(o, multirun))]
    own = [(i, o) for i, o in parsed if not o.is_hydra_override()]
    selections = [(i, o) for i, o in own if _is_selection(o, known)]
    values = [(i, o) for i, o in own if not _is_selection(o, known)]
    wrong = [(i, text) for i, o in selections if (text := _wrong_selection(o, known, multirun))]
    lines += wrong
    good = [o for i, o in selections if i not in dict(wrong)]
    for chosen in _variants(good, known):
        try:
            composed = compose(chosen, dirs)
        except Exception as error:  # a fault of ours too is told once, when the run itself composes
            lines += [(len(overrides), text) for text in _explained(error, chosen, known)]
            break
        for i, o in values:  # one after another, as Hydra applies them
            if text := _wrong_value(composed.cfg, o, known, dirs) or _several(
                composed.cfg, o, multirun
            ):
                lines.append((i, text))
    return list(dict.fromkeys(text for _, text in sorted(lines, key=lambda line: line[0])))


def _parse(overrides: Sequence[str]) -> tuple[list[Numbered], Lines]:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    parser = OverridesParser.create()
    parsed: list[Numbered] = []
    lines: Lines = []
    for i, text in enumerate(overrides):
        try:
            override = parser.parse_overrides([text])[0]
        except HydraException:
            lines.append((i, unreadable(text)))
            continue
        if override.key_or_group:
            parsed.append((i, override))
        else:
            lines.append((i, unreadable(text)))
    return parsed, lines


def _is_selection(override: "Override", known: Mapping[str, Sequence[str]]) -> bool:
    """Return whether an override chooses from a group; `trainer={devices: 2}` sets values."""
    return override.key_or_group in known and not isinstance(override.value(), dict)


def _wrong_selection(
    override: "Override", known: Mapping[str, Sequence[str]], multirun: bool
) -> str | None:
    text, group = str(override.input_line), override.key_or_group
    if override.is_force_add():
        return f"{text}: '{group}' is a group; leave out the '++'"
    if override.is_delete():
        return None
    if override.is_sweep_override() and not multirun:
        return f"{text}: several values need -m"
    choices = _choices(override, known)
    if None in choices:
        needed = group not in ("experiment", "debug")
        return f"{text}: {f'choose from {listed(known[group])}' if needed else 'leave it out'}"
    if wrong := [choice for choice in choices if not _exists(group, choice, known)]:
        return unknown_choice(group, wrong[0], known[group])
    if not choices and override.is_sweep_override():
        return f"{text}: is no choice of {group}; choose from {listed(known[group])}"
    if override.is_add() and override.package is None:
        return f"{text}: '{group}' needs no '+'; leave it out"
    return None


def _choices(override: "Override", known: Mapping[str, Sequence[str]]) -> list[Any]:
    """Return all choices that an override names: of a sweep, of a list, or its one."""
    from hydra.core.override_parser.types import Glob

    value = override.value()
    if isinstance(value, Glob):
        return value.filter(list(known[override.key_or_group]))
    if override.is_sweep_override():
        return list(override.sweep_string_iterator()) if override.is_choice_sweep() else []
    return value if isinstance(value, list) else [value]


def _exists(group: str, choice: Any, known: Mapping[str, Sequence[str]]) -> bool:
    inner, _, name = f"{group}/{choice}".removesuffix(".yaml").rpartition("/")
    return name in known.get(inner, ())


def _variants(
    selections: Sequence["Override"], known: Mapping[str, Sequence[str]]
) -> Iterator[list[str]]:
    """Yield the choices to compose: the first of each sweep, then each other one in its place.

    Not every combination: that a key is there or not depends on one group.
    """
    first = [_as_texts(o, known)[0] for o in selections]
    yield first
    for position, override in enumerate(selections):
        for other in _as_texts(override, known)[1:]:
            yield [*first[:position], other, *first[position + 1 :]]


def _as_texts(override: "Override", known: Mapping[str, Sequence[str]]) -> list[str]:
    if not override.is_sweep_override():
        return [str(override.input_line)]
    key = str(override.input_line).partition("=")[0]
    return [f"{key}={choice}" for choice in _choices(override, known)]


def _explained(
    error: Exception, overrides: Sequence[str], known: Mapping[str, Sequence[str]]
) -> list[str]:
    if isinstance(error, UserError):
        return [str(error)]
    return explain(error, overrides, known, ())


def _wrong_value(
    cfg: "DictConfig",
    override: "Override",
    known: Mapping[str, Sequence[str]],
    dirs: Sequence[str],
) -> str | None:
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    text, key = str(override.input_line), override.key_or_group
    there = _there(cfg, key)
    if override.is_add() and there and not isinstance(override.value(), list | dict):
        return f"{text}: '{key}' is there already; leave out the '+'"
    new = override.is_add() or override.is_force_add()
    if override.package is not None or not (there or new):
        return unknown_key(text, key, keys(cfg), known, holders(key, dirs))
    if override.is_delete():
        return _delete(cfg, key)
    if override.is_sweep_override():
        return None
    value = override.value()
    try:
        OmegaConf.update(cfg, key, value, merge=True, force_add=new)
    except OmegaConfBaseException as error:
        inner = getattr(error, "full_key", None) or key
        if inner != key and inner.startswith(key):
            return unknown_key(text, inner, keys(cfg))
        return f"{text}: {shown(value)} cannot be put at '{key}' ({_first_line(error)})"
    return None


def _several(cfg: "DictConfig", override: "Override", multirun: bool) -> str | None:
    from omegaconf import OmegaConf

    if multirun or not override.is_sweep_override():
        return None
    text, key = str(override.input_line), override.key_or_group
    remedy = ""
    if OmegaConf.is_list(OmegaConf.select(cfg, key, throw_on_missing=False)):
        remedy = f"; a list is {key}=[{text.partition('=')[2]}]"
    return f"{text}: several values need -m{remedy}"


def _there(cfg: "DictConfig", key: str) -> bool:
    """Return whether a key exists, whatever its value, `???` and null included."""
    from omegaconf import ListConfig, OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    outer, _, name = key.rpartition(".")
    try:
        node: Any = OmegaConf.select(cfg, outer) if outer else cfg
    except OmegaConfBaseException:
        return False
    if isinstance(node, ListConfig):
        return name.isdecimal() and int(name) < len(node)
    return OmegaConf.is_dict(node) and name in list(node.keys())


def _delete(cfg: "DictConfig", key: str) -> None:
    from omegaconf import OmegaConf, open_dict

    outer, _, name = key.rpartition(".")
    node: Any = OmegaConf.select(cfg, outer) if outer else cfg
    if OmegaConf.is_dict(node):
        with open_dict(node):
            del node[name]


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0]
