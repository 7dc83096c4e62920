"""The figures of several runs beside each other."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, final

from aetrain.comparison.better import Better, better
from aetrain.comparison.difference import Difference, difference
from aetrain.evaluation.interval import BESIDE, QUANTILE

LEFT_OUT = ("choice/", "version/")
PLAIN = ("epochs", "steps", "latent", "parameters", "processes")
LIKELIHOOD = (
    *("likelihood._target_", "likelihood.grey"),
    *("dataset.binarize", "dataset.dequantize"),
)
"""What densities of x must have in common to be compared."""
MEASURED_ON = {"test/": "test/examples", "test/nll": "test/nll_samples"}
"""Beginning of a name -> the number that such a figure was measured with."""


@final
class Row(NamedTuple):
    """One figure of all runs.

    Attributes:
        name: such as test/nll.
        values: of each run; None where it has none.
        errors: their standard errors, or None; those of shares are from their intervals.
        better: its better end; None where neither is, or the runs' values do not compare.
        best: which runs have the best value, all of equals; none where there is only one value.
    """

    name: str
    values: list[float | None]
    errors: list[float | None]
    better: Better | None
    best: list[int]

    def difference(self, run: int, to: int = 0) -> Difference | None:
        """Return the run's value less that of another, where both have a standard error."""
        a, b = self.values[to], self.values[run]
        s, t = self.errors[to], self.errors[run]
        if run == to or a is None or b is None or s is None or t is None:
            return None
        return difference(a, s, b, t)


def rows_of(facts: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> list[Row]:
    """Return the rows of a table: `names`, or else every figure that a run has.

    Arguments:
        facts: of each run: figures, choices, and the keys of its configuration.
        names: of figures, in full.
    """
    densities = all(f.get(key) == facts[0].get(key) for f in facts for key in LIKELIHOOD)
    return [_row(name, facts, densities) for name in names or figures_of(facts)]


def figures_of(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of all figures, those of the test first, without errors and intervals."""
    names = dict.fromkeys(name for f in facts for name in f if _is_figure(name, f[name]))
    return sorted(names, key=lambda name: (not name.startswith("test/"), "/" not in name))


def _is_figure(name: str, value: Any) -> bool:
    if name.startswith(LEFT_OUT) or name.endswith(BESIDE) or isinstance(value, bool):
        return False
    return isinstance(value, int | float) and ("/" in name or name in PLAIN)


def _row(name: str, facts: Sequence[Mapping[str, Any]], densities: bool) -> Row:
    values = [_number(f.get(name)) for f in facts]
    errors = [_error(f, name) for f in facts]
    end = better(name)
    if (end is not None and end.densities and not densities) or not _measured_alike(name, facts):
        end = None
    return Row(name, values, errors, end, _best(values, end))


def _measured_alike(name: str, facts: Sequence[Mapping[str, Any]]) -> bool:
    numbers = [n for beginning, n in MEASURED_ON.items() if name.startswith(beginning)]
    return all(len({f[n] for f in facts if n in f}) < 2 for n in numbers)


def _best(values: Sequence[float | None], end: Better | None) -> list[int]:
    costs = {i: end.cost(v) for i, v in enumerate(values) if v is not None and end is not None}
    if len(costs) < 2:
        return []
    least = min(costs.values())
    return [i for i, cost in costs.items() if cost == least]


def _error(facts: Mapping[str, Any], name: str) -> float | None:
    """Return a figure's standard error; of a share, that of its 95 % interval's half width."""
    low, high = (_number(facts.get(f"{name}{end}")) for end in ("_low", "_high"))
    if low is not None and high is not None:
        return (high - low) / (2 * QUANTILE)
    return _number(facts.get(f"{name}_se"))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value
