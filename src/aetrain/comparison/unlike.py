"""Why the values of a figure cannot be held against one another."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aetrain.comparison.better import better
from aetrain.comparison.facts import measured_on
from aetrain.comparison.settings import draws_of, settings_of


def unlike(name: str, facts: Sequence[Mapping[str, Any]]) -> str | None:
    """Return all in which the runs that have a figure do not agree; None where values compare.

    They do where they were measured on as many examples, with as many draws and the same settings,
    and the runs agree in the keys of `Better.within`.

    Arguments:
        name: of the figure, in full.
        facts: of each run: figures, and the keys of its configuration.
    """
    having = [f for f in facts if f.get(name) is not None]
    counts = [measured_on(f, name)[0] for f in having]
    why = [f"of {_listed(map(_count, counts))} examples"] if len(set(counts)) > 1 else []
    for key in (draws_of(name), *settings_of(name), *_within(name, having)):
        values = [_shown(f.get(key)) for f in having]
        if len(set(values)) > 1:
            why.append(f"{key.removesuffix('._target_')} is {_listed(values)}")
    return "; ".join(why) or None


def _within(name: str, facts: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """Return the keys in which runs must agree; figures of corrupted x in those of its noise."""
    found = better(name)
    yield from () if found is None else found.within
    if name.rpartition("/")[2].startswith("denoising_"):
        yield from dict.fromkeys(k for f in facts for k in f if k.startswith("corruption."))


def _listed(values: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(values))


def _shown(value: Any) -> str:
    return str(value).rpartition(".")[2] if str(value).startswith("aetrain.") else str(value)


def _count(examples: float) -> str:
    return "all" if math.isinf(examples) else f"{examples:,}"
