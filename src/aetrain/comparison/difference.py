"""The difference of two figures, with its standard error."""

import math
from typing import NamedTuple, final


@final
class Difference(NamedTuple):
    """b − a and its standard error, in the figures' unit."""

    value: float
    error: float

    @property
    def in_errors(self) -> float:
        """The difference over its standard error; NaN where that says nothing."""
        if not math.isfinite(self.value) or math.isnan(self.error):
            return math.nan
        if self.error == 0:
            return math.copysign(math.inf, self.value) if self.value else math.nan
        return self.value / self.error


def difference(a: float, error_a: float, b: float, error_b: float) -> Difference:
    """Return b − a with √(s_a² + s_b²), the error of a difference of independent figures.

    Figures of the same examples go up and down together, so that their difference is then surer
    than this says.
    """
    return Difference(b - a, math.hypot(error_a, error_b))
