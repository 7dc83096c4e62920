"""Whether figures are of the same examples."""

from collections.abc import Mapping, Sequence
from typing import Any

from aetrain.errors import UserError

SOURCE = "dataset.source."
PLACES = ("root", "download", "workers", "memory_limit")
"""What may differ of a source without its data being others."""
SPLIT = ("valid", "test", "split_seed", "limit")
"""What decides which examples the test is of."""


def require_same_data(runs: Sequence[str], configs: Sequence[Mapping[str, Any]]) -> None:
    """Refuse runs whose tests are not of the same examples.

    Arguments:
        runs: their names.
        configs: of each run, flat: key -> value.

    Raises:
        UserError: naming two runs, and the key in which their data differ.
    """
    first = examples_of(configs[0])
    for run, config in zip(runs[1:], configs[1:]):
        found = examples_of(config)
        for key in dict.fromkeys([*first, *found]):
            if (a := first.get(key)) != (b := found.get(key)):
                key = key.removesuffix("._target_")
                raise UserError(
                    f"{runs[0]} and {run}: {key} is {_short(a)} and {_short(b)}, so their figures"
                    " are of different examples; choose runs on the same data"
                )


def examples_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a flat configuration that decide which examples there are."""
    own = {k: v for k, v in config.items() if k.startswith(SOURCE)}
    found = {k: v for k, v in own.items() if k.removeprefix(SOURCE) not in PLACES}
    return {**found, **{k: config.get(k) for k in (f"dataset.{name}" for name in SPLIT)}}


def differs(a: Mapping[str, Any], b: Mapping[str, Any]) -> str | None:
    """Return the first key in which two sources have different data, None where they have not."""
    names = (name for name in dict.fromkeys([*a, *b]) if name not in PLACES)
    return next((name for name in names if a.get(name) != b.get(name)), None)


def _short(value: Any) -> str:
    return str(value).rpartition(".")[2] if str(value).startswith("aetrain.") else str(value)
