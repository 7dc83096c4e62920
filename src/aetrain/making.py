"""From a node of the configuration to an object."""

import functools
import inspect
from collections.abc import Mapping
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import get_object, instantiate

from aetrain.errors import UserError


def make(node: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
    """Instantiate a node of the configuration; lists and dicts come as plain containers.

    Raises:
        UserError: as the class raised it, without Hydra's wrapping.
    """
    # Hydra's partials check their target at every call, and some of them are called in each step:
    # those inside of the node are made first
    inner = {name: _makers(value) for name, value in node.items() if _is_maker(value)}
    outer = {name: value for name, value in node.items() if name not in inner}
    try:
        made = instantiate(outer, *args, **inner, **kwargs, _convert_="all")
    except InstantiationException as error:
        if isinstance(error.__cause__, UserError):
            raise error.__cause__ from None
        raise
    if isinstance(made, functools.partial):
        return functools.partial(made.func, *made.args, **made.keywords)
    return made


def _is_maker(value: Any) -> bool:
    """Return whether a value is a partial node, or settings that are partial nodes only."""
    if not isinstance(value, Mapping) or not value:
        return False
    if "_target_" in value:
        return value.get("_partial_") is True
    return all(_is_maker(part) for part in value.values())


def _makers(value: Mapping[str, Any]) -> Any:
    if "_target_" in value:
        return make(value)
    return {name: _makers(part) for name, part in value.items()}


def make_asking(node: Mapping[str, Any], needed: Mapping[str, Any], **offered: Any) -> Any:
    """Instantiate a node, giving it those of the offered things that its target asks for by name.

    Arguments:
        node: what it says itself is not given.
        needed: what is given only where the target has no default for it.
        offered: what is given in any case.
    """
    wanted = inspect.signature(get_object(node["_target_"])).parameters
    without = [name for name, p in wanted.items() if p.default is inspect.Parameter.empty]
    given = {name: part for name, part in offered.items() if name in wanted}
    given |= {name: part for name, part in needed.items() if name in without}
    return make(node, **{name: part for name, part in given.items() if name not in node})


def make_with(node: Mapping[str, Any], *args: Any, **offered: Any) -> Any:
    """Instantiate a partial node, giving it those of the offered things that it asks for by name.

    A prior may want the encoder, a decoder the encoder that it is tied to; most want nothing.
    """
    maker = make(node)
    wanted = inspect.signature(maker.func).parameters
    return maker(*args, **{name: part for name, part in offered.items() if name in wanted})
