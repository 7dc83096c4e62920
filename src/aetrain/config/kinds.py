"""What a value in the configuration may be, and the complaint about one that it may not be."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aetrain.config.wording import listed
from aetrain.errors import did_you_mean


def _no_complaint(value: Any) -> str | None:
    return None


@dataclass(frozen=True)
class Kind:
    """A kind of value.

    Attributes:
        name: such as "a whole number".
        accepts: whether a plain value is of this kind.
        bound: the complaint about a value that is, but must not have this size, or None.
    """

    name: str
    accepts: Callable[[Any], bool]
    bound: Callable[[Any], str | None] = _no_complaint

    def complaint(self, value: Any) -> str | None:
        """Return what is wrong with a value, as the end of a sentence, or None."""
        if self.accepts(value):
            return self.bound(value)
        whole = isinstance(value, float) and abs(value) < 2**53 and value.is_integer()
        if whole and self.name.startswith("a whole number"):
            return f"{self.name} is needed, such as {int(value)}"
        if self.name.startswith("a list") and self.accepts([value]):
            return f"{self.name} is needed, such as [{value}]"
        if self.name.startswith("text") and isinstance(value, int | float):
            return rf"{self.name} is needed; from a shell write \'{value}\'"
        return f"{self.name} is needed"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


FLAG = Kind("true or false", lambda v: isinstance(v, bool))
TEXT = Kind("text", lambda v: isinstance(v, str))
NULL = Kind("null", lambda v: v is None)
SETTINGS = Kind("a group of settings", lambda v: isinstance(v, Mapping))


def whole(low: int | None = None, high: int | None = None, also: Sequence[int] = ()) -> Kind:
    """Return the whole numbers from `low` to `high`, and those in `also`."""

    def accepts(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    return Kind(
        "a whole number", accepts, lambda v: None if v in also else _outside(v, low, high, also)
    )


def number(low: float | None = None, high: float | None = None) -> Kind:
    """Return the real numbers from `low` to `high`; NaN is none."""
    return Kind("a number", _is_number, lambda v: _outside(v, low, high, ()))


def _outside(
    value: float, low: float | None, high: float | None, also: Sequence[int]
) -> str | None:
    alternative = "".join(f" or {a}" for a in also)
    if low is not None and value < low:
        return f"must be at least {low}{alternative}"
    if high is not None and value > high:
        return f"must be at most {high}{alternative}"
    return None


def one_of(*words: Any) -> Kind:
    """Return the kind that has these values only."""
    names = list(dict.fromkeys(str(word) for word in words))

    def unknown(value: Any) -> str | None:
        # True == 1 in Python, not in a list of choices
        if any(value == word and type(value) is type(word) for word in words):
            return None
        near = did_you_mean(str(value), names)
        return f"choose from {listed(names)}.{near}".removesuffix(".")

    return Kind(f"one of {listed(names)}", lambda v: isinstance(v, str | int), unknown)


def list_of(kind: Kind | None, name: str, length: int | None = None) -> Kind:
    """Return lists whose elements are of one kind (None: of any)."""

    def accepts(value: Any) -> bool:
        sized = isinstance(value, list | tuple) and length in (None, len(value))
        return sized and (kind is None or all(kind.accepts(v) for v in value))

    def bound(value: Any) -> str | None:
        complaints = (kind.complaint(v) for v in value) if kind else ()
        return next((f"each {text}" for text in complaints if text), None)

    return Kind(name, accepts, bound)


def either(*kinds: Kind) -> Kind:
    """Return what is of one of several kinds."""
    names = [kind.name for kind in kinds]

    def bound(value: Any) -> str | None:
        complaints = [kind.bound(value) for kind in kinds if kind.accepts(value)]
        return None if None in complaints else complaints[0]

    name = " or ".join(filter(None, [listed(names[:-1]), names[-1]]))
    return Kind(name, lambda v: any(kind.accepts(v) for kind in kinds), bound)
