"""The values that data take and that a likelihood covers: what lets a wrong pair be refused."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Values:
    """A range of numbers, discrete or continuous.

    Data say with it which values they take after scaling; a likelihood says on which values it is
    a density (`levels=None`) or a mass (`levels=K`: K equally spaced values from `low` to `high`;
    without an end, `levels=inf`, all whole numbers from `low`).
    """

    low: float = -math.inf
    high: float = math.inf
    levels: float | None = None

    @property
    def discrete(self) -> bool:
        """True where the values are a grid."""
        return self.levels is not None

    @property
    def counts(self) -> bool:
        """True for the whole numbers from `low`, without an end."""
        return self.levels == math.inf

    def covers(self, data: "Values") -> bool:
        """True where every value of `data` is one that this support can score.

        A density covers discrete data in its range too (what it then gives is no mass); a mass
        covers a grid only, and only one whose values are all among its own.
        """
        if not (self.low <= data.low and data.high <= self.high):
            return False
        if self.levels is None:
            return True
        return data.levels is not None and all(map(self._on_grid, data._first_two()))

    def _on_grid(self, value: float) -> bool:
        if self.counts:
            return float(value).is_integer()
        if self.levels is None or self.levels < 2:
            return value == self.low
        place = (value - self.low) / (self.high - self.low) * (self.levels - 1)
        return math.isclose(place, round(place), abs_tol=1e-9)

    def _first_two(self) -> tuple[float, float]:
        """Return the two lowest values of a grid, which say where all others lie."""
        if self.counts:
            return self.low, self.low + 1
        if self.levels is None or self.levels < 2:
            return self.low, self.high
        return self.low, self.low + (self.high - self.low) / (self.levels - 1)

    def __str__(self) -> str:
        if self.counts:
            return f"whole numbers from {self.low:g}"
        if self.levels is not None:
            values = f"{self.levels:g} values" if self.levels > 2 else "two values"
            return f"{values} from {self.low:g} to {self.high:g}"
        if math.isinf(self.low) and math.isinf(self.high):
            return "all real numbers"
        return f"real numbers from {self.low:g} to {self.high:g}"


REAL = Values()
UNIT = Values(0.0, 1.0)
BINARY = Values(0.0, 1.0, 2)
COUNTS = Values(0.0, math.inf, math.inf)
