"""From a composed configuration to plain containers, with all that cannot be resolved at once."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aetrain.config.allowlist import walk
from aetrain.config.files import defaults, hint
from aetrain.errors import did_you_mean

if TYPE_CHECKING:
    from omegaconf import DictConfig


def missing(cfg: "DictConfig") -> list[str]:
    """Return a line for each value that the user must give, with the comment on it in `conf/`."""
    from omegaconf import OmegaConf

    nodes = list(walk(OmegaConf.to_container(cfg, resolve=False)))
    targets = {value for key, value in nodes if key.rpartition(".")[2] == "_target_"}
    lines: list[str] = []
    for key in [key for key, value in nodes if isinstance(value, str) and value == "???"]:
        comment = hint(key, {t for t in targets if isinstance(t, str)})
        lines.append(f"{key}: is missing; set {key}=..." + (f" ({comment})" if comment else ""))
    return lines


def plain(cfg: "DictConfig") -> tuple[dict[str, Any], list[str]]:
    """Return the resolved containers, and a line for each value that cannot be resolved.

    What cannot be resolved, or is missing, is `???` in the containers, so that all other checks
    can go on.
    """
    messages: list[str] = []
    config = _resolved(cfg, "", messages)
    config.pop("hydra", None)
    for group in optional():
        node = config.get(group)
        if isinstance(node, dict) and "_target_" not in node:
            config[group] = {}  # what a recipe sets for another choice is no option of none
    return config, messages


def optional() -> list[str]:
    """Return the groups whose default is `none`."""
    return [group for group, choice in defaults().items() if choice == "none"]


def useless(config: Mapping[str, Any], typed: Sequence[str]) -> list[str]:
    """Return a line for each option that somebody typed of a group that is `none`."""
    lines: list[str] = []
    for override in typed:
        group, dot, _ = override.lstrip("+~").partition("=")[0].partition(".")
        if dot and group in optional() and config.get(group) == {}:
            lines.append(f"{override}: {group}=none has no options; choose another {group}")
    return lines


def _resolved(node: Any, key: str, messages: list[str]) -> Any:
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    if not OmegaConf.is_config(node):
        return node
    if node._is_none():
        return None
    is_list = OmegaConf.is_list(node)
    values: dict[Any, Any] = {}
    for name in range(len(node)) if is_list else list(node.keys()):
        inner = f"{key}[{name}]" if is_list else f"{key}.{name}".lstrip(".")
        if inner == "hydra":  # of Hydra's own concern, and full of values that it sets later
            continue
        try:
            values[name] = _resolved(node[name], inner, messages)
        except OmegaConfBaseException as error:
            values[name] = "???"
            messages += unresolved(error, inner, _keys(node._get_root()))
    return list(values.values()) if is_list else values


def unresolved(error: BaseException, key: str, keys: list[str]) -> list[str]:
    """Return the line for an error of omegaconf at a key; none for a value that is only missing."""
    from omegaconf.errors import (
        InterpolationToMissingValueError,
        MissingMandatoryValue,
        UnsupportedInterpolationType,
    )

    if isinstance(error, MissingMandatoryValue | InterpolationToMissingValueError):
        return []
    text = str(error).split("\n", 1)[0]
    if isinstance(error, UnsupportedInterpolationType):
        name = text.rpartition(" ")[2]
        return [f"{key}: there is no resolver '{name}' for ${{{name}:...}}; correct the name"]
    if found := re.search(r"Environment variable '(.*?)' not found", text):
        return [f"{key}: the environment variable {found[1]} is not set; set it in the shell"]
    if found := re.search(r"Interpolation key '(.*?)' not found|Error resolving key '(.*?)'", text):
        wanted = found[1] or found[2]
        near = did_you_mean(wanted, keys)
        return [
            f"{key}: ${{{wanted}}} points to a key that does not exist.{near}".removesuffix(".")
        ]
    if text.startswith(("Recursive interpolation", "Interpolation to parent")):
        return [f"{key}: points to itself; give it a value, {key}=..."]
    return [f"{key}: cannot be resolved ({text.rpartition(': ')[2]}); give it a value, {key}=..."]


def _keys(root: Any) -> list[str]:
    from omegaconf import OmegaConf

    raw = OmegaConf.to_container(root, resolve=False)
    return [key for key, _ in walk(raw) if isinstance(raw, Mapping) and "[" not in key]
