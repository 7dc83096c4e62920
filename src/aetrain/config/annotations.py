"""From a parameter's annotation, or its default, to the kind of value that a yaml may give it."""

import collections.abc as abc
import inspect
import types
import typing
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from aetrain.config.kinds import (
    FLAG,
    NULL,
    SETTINGS,
    TEXT,
    Kind,
    either,
    list_of,
    number,
    one_of,
    whole,
)

PLAIN: dict[Any, Kind] = {
    bool: FLAG,
    int: whole(),
    float: number(),
    complex: number(),
    str: TEXT,
    None: NULL,
    types.NoneType: NULL,
    dict: SETTINGS,
    abc.Mapping: SETTINGS,
    list: list_of(None, "a list"),
    tuple: list_of(None, "a list"),
    abc.Sequence: list_of(None, "a list"),
}

SEQUENCES = (list, tuple, abc.Sequence, abc.Iterable, abc.Collection, set, frozenset)


def kind_of(annotation: Any) -> Kind | None:
    """Return what a value in yaml must be to fit an annotation; None where anything may fit."""
    try:
        if annotation in PLAIN:
            return PLAIN[annotation]
    except TypeError:  # not hashable: Annotated[int, []]
        pass
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None:
        if isinstance(annotation, type) and issubclass(annotation, PurePath):
            return TEXT
        return kind_of(annotation.__value__) if _is_alias(annotation) else None
    if origin in (typing.Annotated, typing.Final, typing.ClassVar):
        return kind_of(arguments[0])
    if origin is typing.Literal:
        return either(
            *([one_of(*words)] if (words := _words(arguments)) else []), *_null(arguments)
        )
    if origin in (typing.Union, types.UnionType):
        return _union(arguments)
    if origin in SEQUENCES:
        return _sequence(origin, arguments)
    return SETTINGS if origin in (dict, abc.Mapping, abc.MutableMapping) else None


def kind_of_parameter(parameter: inspect.Parameter) -> Kind | None:
    """Return the kind of a parameter, by its annotation or, without one, by its default."""
    default = parameter.default
    if parameter.annotation is inspect.Parameter.empty:
        return _kind_of_default(default)
    kind = kind_of(parameter.annotation)
    # `x: int = None` is written often enough to be meant
    return either(kind, NULL) if kind and default is None and not kind.accepts(None) else kind


def _kind_of_default(default: Any) -> Kind | None:
    examples: dict[type, Callable[[], Kind]] = {
        bool: lambda: FLAG,
        int: number,  # `momentum=0` wants a number, not a whole one
        float: number,
        str: lambda: TEXT,
        tuple: lambda: list_of(None, "a list"),
        list: lambda: list_of(None, "a list"),
    }
    kind = examples.get(type(default))
    return kind() if kind else None


def _union(members: tuple[Any, ...]) -> Kind | None:
    """Return the members that yaml can write; a Tensor is not among them, and is left out."""
    kinds = [(member, kind_of(member)) for member in members]
    if any(kind is None and not inspect.isclass(member) for member, kind in kinds):
        return None
    known = [kind for _, kind in kinds if kind is not None]
    if any(kind.name == "a number" for kind in known):
        known = [kind for kind in known if kind.name != "a whole number"]
    # null last, and each once: "a number or null"
    by_name = {kind.name: kind for kind in sorted(known, key=lambda kind: kind is NULL)}
    return either(*by_name.values()) if set(by_name) - {"null"} else None


def _sequence(origin: Any, arguments: tuple[Any, ...]) -> Kind:
    if origin is tuple and Ellipsis not in arguments:
        # elements of a fixed tuple are nearly always alike; where they are not, only count
        element = kind_of(arguments[0]) if len(set(arguments)) == 1 else None
        return list_of(element, f"a list of {len(arguments)} {_plural(element)}", len(arguments))
    element = kind_of(arguments[0]) if arguments else None
    return list_of(element, f"a list of {_plural(element)}" if element else "a list")


def _plural(kind: Kind | None) -> str:
    names = {"a number": "numbers", "a whole number": "whole numbers", "text": "words"}
    return names.get(kind.name if kind else "", "values")


def _words(arguments: tuple[Any, ...]) -> list[Any]:
    return [word for word in arguments if word is not None]


def _null(arguments: tuple[Any, ...]) -> list[Kind]:
    return [NULL] if None in arguments else []


def _is_alias(annotation: Any) -> bool:
    # `type X = ...` of Python 3.12
    return type(annotation).__name__ == "TypeAliasType"
