"""Each node with a `_target_` against the signature of what it names. Imports the targets."""

import inspect
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from aetrain.config.allowlist import FLAGS, resolve, walk
from aetrain.config.annotations import kind_of_parameter
from aetrain.config.wording import shown
from aetrain.errors import UserError, did_you_mean

SUPPLIED: dict[str, Sequence[str]] = {
    "logger.*": ("path", "step", "save_dir"),
    "callbacks.checkpoint": ("path", "best"),
    "callbacks.figures": ("path",),
}
"""Arguments that the program adds when it makes an object, by the node's key."""


def problems(config: Mapping[str, Any]) -> list[str]:
    """Return one line for each argument that is unknown, absent or of the wrong kind.

    Arguments:
        config: resolved and plain, with nothing in it that `allowlist.forbidden` refuses.
    """
    messages: list[str] = []
    for key, node in [("", config), *walk(config)]:
        if isinstance(node, Mapping) and "_target_" in node:
            messages += _node(config, key, node)
    return list(dict.fromkeys(messages))


def _node(config: Mapping[str, Any], key: str, node: Mapping[str, Any]) -> list[str]:
    target = node["_target_"]
    try:
        found = resolve(target, config.get("allow") or ())
    except UserError as error:
        return [f"{key}._target_={error}"]
    try:
        parameters = _parameters(found)
    except (ValueError, TypeError):  # written in C, without a signature
        return []
    positional = node.get("_args_", [])
    given = {k: v for k, v in node.items() if k not in ("_target_", *FLAGS, *_taken_out(key))}
    messages = _unknown(key, target, given, parameters)
    messages += _absent(key, target, node, given, parameters)
    for name, value in [*_by_position(parameters, positional), *given.items()]:
        messages += _misfit(config, f"{key}.{name}", value, parameters.get(name))
    return messages


def _parameters(found: Any) -> dict[str, inspect.Parameter]:
    try:
        signature = inspect.signature(found, eval_str=True)
    except (
        NameError,
        AttributeError,
        SyntaxError,
    ):  # annotations that exist for type checkers only
        signature = inspect.signature(found)
    return dict(signature.parameters)


def _unknown(
    key: str, target: str, given: Mapping[str, Any], parameters: Mapping[str, inspect.Parameter]
) -> list[str]:
    kinds = {p.kind for p in parameters.values()}
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return []
    words = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    known = [name for name, p in parameters.items() if p.kind in words]
    return [
        f"{key}.{name}: {target} takes no '{name}'.{did_you_mean(str(name), known)}".removesuffix(
            "."
        )
        for name in given
        if name not in known
    ]


def _absent(
    key: str,
    target: str,
    node: Mapping[str, Any],
    given: Mapping[str, Any],
    parameters: Mapping[str, inspect.Parameter],
) -> list[str]:
    if node.get("_partial_", False):
        return []
    supplied = [
        name for pattern, names in SUPPLIED.items() if fnmatchcase(key, pattern) for name in names
    ]
    at_position = [name for name, _ in _by_position(parameters, node.get("_args_", []))]
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return [
        f"{key}.{name}: is missing; {target} needs it, set {key}.{name}=..."
        for name, p in parameters.items()
        if p.default is inspect.Parameter.empty
        and p.kind not in variable
        and name not in (*given, *supplied, *at_position)
    ]


def _by_position(
    parameters: Mapping[str, inspect.Parameter], values: Sequence[Any]
) -> list[tuple[str, Any]]:
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return list(zip([name for name, p in parameters.items() if p.kind in places], values))


def _misfit(
    config: Mapping[str, Any], key: str, value: Any, parameter: inspect.Parameter | None
) -> list[str]:
    if parameter is None or _is_object(value):
        return []
    kind = kind_of_parameter(parameter)
    text = kind.complaint(value) if kind else None
    return [f"{_written(config, key, value)}={shown(value)}: {text}"] if text else []


def _is_object(value: Any) -> bool:
    """Return whether a value is, or holds, what will be an object, or is not there yet."""
    if isinstance(value, list):
        return any(_is_object(element) for element in value)
    return value == "???" or (isinstance(value, Mapping) and "_target_" in value)


def _written(config: Mapping[str, Any], key: str, value: Any) -> str:
    """Return the key that the user wrote a value at.

    A source takes its path as `${dataset.path}`: the key to mend is the one of the same name
    further out, where it has the same value.
    """
    *path, name = key.split(".")
    node: Any = config
    for depth, part in enumerate(path):
        if isinstance(node, Mapping) and name in node and node[name] == value:
            return ".".join([*path[:depth], name])
        node = node.get(part) if isinstance(node, Mapping) else None
    return key


def _taken_out(key: str) -> Sequence[str]:
    """Return the keys of a node that the program reads itself and does not hand on."""
    if key != "dataset":
        return ()
    from aetrain.build import LOCATION

    return [name for name in LOCATION if name != "source"]
