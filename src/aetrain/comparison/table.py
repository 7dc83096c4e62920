"""The figures of several runs beside each other."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, final

from aetrain.comparison.better import Better, better
from aetrain.comparison.difference import Difference, difference
from aetrain.comparison.facts import is_beside
from aetrain.comparison.unlike import unlike
from aetrain.evaluation.interval import EXAMPLES, QUANTILE

LEFT_OUT = ("choice/", "version/")
PLAIN = ("epochs", "steps", "latent", "parameters", "processes")
CERTAIN = 2.0
"""Standard errors of a difference within which a value may be the best one too."""


@final
class Row(NamedTuple):
    """One figure of all runs.

    Attributes:
        name: such as test/nll.
        values: of each run; None where it has none.
        errors: their standard errors, or None; those of shares are from their intervals.
        examples: of how many examples each is; None where of all that there are.
        better: its better end; None where neither is.
        unlike: why the runs' values do not compare, see `unlike`; None where they do.
        best: which runs have the best value, or one that is within two standard errors of it; none
            where there is only one value, or they do not compare.
    """

    name: str
    values: list[float | None]
    errors: list[float | None]
    examples: list[int | None]
    better: Better | None
    unlike: str | None
    best: list[int]

    def difference(self, run: int, to: int = 0) -> Difference | None:
        """Return the run's value less another's, where both have an error and they compare."""
        a, b = self.values[to], self.values[run]
        s, t = self.errors[to], self.errors[run]
        if self.unlike or run == to or a is None or b is None or s is None or t is None:
            return None
        return difference(a, s, b, t)


def rows_of(facts: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> list[Row]:
    """Return the rows of a table: `names`, or else every figure that a run has.

    Arguments:
        facts: of each run: figures, choices, and the keys of its configuration.
        names: of figures, in full.
    """
    return [_row(name, facts) for name in names or figures_of(facts)]


def figures_of(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of all figures, those of the test first, without errors and intervals."""
    names = dict.fromkeys(name for f in facts for name in f if _is_figure(name, f))
    return sorted(names, key=lambda name: (not name.startswith("test/"), "/" not in name))


def _is_figure(name: str, facts: Mapping[str, Any]) -> bool:
    value = facts[name]
    if name.startswith(LEFT_OUT) or is_beside(name, facts) or isinstance(value, bool):
        return False
    return isinstance(value, int | float) and ("/" in name or name in PLAIN)


def _row(name: str, facts: Sequence[Mapping[str, Any]]) -> Row:
    values = [_number(f.get(name)) for f in facts]
    errors = [_error(f, name) for f in facts]
    end, why_not = better(name), unlike(name, facts)
    best = [] if end is None or why_not else _best(values, errors, end)
    examples = [f.get(f"{name}{EXAMPLES}") for f in facts]
    return Row(name, values, errors, examples, end, why_not, best)


def _best(values: Sequence[float | None], errors: Sequence[float | None], end: Better) -> list[int]:
    costs = {i: end.cost(v) for i, v in enumerate(values) if v is not None}
    if len(costs) < 2:
        return []
    first = min(costs, key=lambda i: costs[i])
    return [i for i in costs if costs[i] - costs[first] <= _margin(errors[i], errors[first])]


def _margin(error: float | None, other: float | None) -> float:
    return 0.0 if error is None or other is None else CERTAIN * math.hypot(error, other)


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
