"""The figures of several runs beside each other."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, final

from aetrain.comparison.better import Better, better
from aetrain.comparison.difference import Difference, correlation, difference
from aetrain.comparison.facts import is_beside
from aetrain.comparison.unlike import unlike
from aetrain.evaluation.interval import COUNT, QUANTILE

LEFT_OUT = ("choice/", "version/")
SIZES = ("steps", "latent", "parameters", "processes")
PLAIN = ("epochs", *SIZES)
BITS = {"bits_per_dim": "elbo", "nll_bits_per_dim": "nll"}
CERTAIN = 2.0
"""Standard errors of a difference within which a value may be the best one too."""

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values: TypeAlias = NDArray[np.floating]
else:
    Values = Any  # so that a refusal does not wait for numpy


@final
@dataclass(frozen=True)
class Row:
    """One figure of all runs.

    Attributes:
        name: such as test/nll.
        values: of each run; None where it has none.
        errors: their standard errors, or None; those of shares are from their intervals.
        examples: of how many examples each is; None where of all that there are.
        each: what it is for each of these examples, or None.
        better: its better end; None where neither is.
        unlike: why the runs' values do not compare, see `unlike`; None where they do.
    """

    name: str
    values: list[float | None]
    errors: list[float | None]
    examples: list[int | None]
    each: list[Values | None]
    better: Better | None
    unlike: str | None

    @property
    def tells_apart(self) -> bool:
        """Whether it is a figure, or a size that the runs do not share."""
        return self.name not in SIZES or len({v for v in self.values if v is not None}) > 1

    @cached_property
    def best(self) -> list[int]:
        """Which runs have the best value, or one that is within two standard errors of it.

        Empty where there is only one value, or they do not compare.
        """
        if self.better is None or self.unlike:
            return []
        costs = {i: self.better.cost(v) for i, v in enumerate(self.values) if v is not None}
        first = min(costs, key=lambda i: costs[i], default=0)
        close = [i for i in costs if costs[i] - costs[first] <= CERTAIN * self._error(i, first)]
        return close if len(costs) > 1 else []

    def difference(self, run: int, to: int = 0) -> Difference | None:
        """Return the run's value less another's, where both have an error and they compare.

        Its error is that of the differences example by example, where they are known.
        """
        a, b = self.values[to], self.values[run]
        s, t = self.errors[to], self.errors[run]
        if self.unlike or run == to or a is None or b is None or s is None or t is None:
            return None
        x, y = self.each[to], self.each[run]
        together = 0.0 if x is None or y is None else correlation(x, y)
        return difference(a, s, b, t, together)

    def _error(self, run: int, to: int) -> float:
        found = self.difference(run, to)
        return 0.0 if found is None else found.error


def rows_of(
    facts: Sequence[Mapping[str, Any]],
    names: Sequence[str] = (),
    each: Sequence[Mapping[str, Values]] = (),
) -> list[Row]:
    """Return the rows of a table: `names`, or else every figure that a run has.

    Arguments:
        facts: of each run: figures, choices, and the keys of its configuration.
        names: of figures, in full.
        each: of each run, figure -> what it is for each example of the test, (N,).
    """
    known = each or [{} for _ in facts]
    return [_row(name, facts, known) for name in names or figures_of(facts)]


def figures_of(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of all figures, those of the test first, without errors and intervals."""
    names = dict.fromkeys(name for f in facts for name in f if _is_figure(name, f))
    return sorted(names, key=lambda name: (not name.startswith("test/"), "/" not in name))


def _is_figure(name: str, facts: Mapping[str, Any]) -> bool:
    value = facts[name]
    if name.startswith(LEFT_OUT) or is_beside(name, facts) or isinstance(value, bool):
        return False
    return isinstance(value, int | float) and ("/" in name or name in PLAIN)


def _row(
    name: str, facts: Sequence[Mapping[str, Any]], each: Sequence[Mapping[str, Values]]
) -> Row:
    return Row(
        name,
        values=[_number(f.get(name)) for f in facts],
        errors=[_error(f, name) for f in facts],
        examples=[f.get(f"{name}{COUNT}") for f in facts],
        each=[_each(name, f, known) for f, known in zip(facts, each)],
        better=better(name),
        unlike=unlike(name, facts),
    )


def _each(name: str, facts: Mapping[str, Any], known: Mapping[str, Values]) -> Values | None:
    """Return a figure for each example; bits go up and down with the nats that they are of."""
    if f"{name}{COUNT}" in facts:
        return None
    split, _, end = name.rpartition("/")
    return known.get(f"{split}/{BITS.get(end, end)}")


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
