"""The values that data take and that a likelihood covers: what lets a wrong pair be refused."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Values:
    """A range of numbers, discrete or continuous.

    Data say with it which values they take after scaling; a likelihood says on which values it is
    a density (`levels=None`) or a mass (`levels=K`: K equally spaced values from `low` to `high`).
    """

    low: float = -math.inf
    high: float = math.inf
    levels: int | None = None

    @property
    def discrete(self) -> bool:
        """True where the values are a finite grid."""
        return self.levels is not None

    def covers(self, data: "Values") -> bool:
        """True where every value of `data` is one that this support can score.

        A density covers discrete data in its range too (what it then gives is no mass); a mass
        covers a grid only.
        """
        inside = self.low <= data.low and data.high <= self.high
        return inside and (self.levels is None or self.levels == data.levels)

    def __str__(self) -> str:
        if self.levels is not None:
            values = f"{self.levels} values" if self.levels > 2 else "two values"
            return f"{values} from {self.low:g} to {self.high:g}"
        if math.isinf(self.low) and math.isinf(self.high):
            return "all real numbers"
        return f"real numbers from {self.low:g} to {self.high:g}"


REAL = Values()
UNIT = Values(0.0, 1.0)
BINARY = Values(0.0, 1.0, 2)
