"""The difference of two figures, with its standard error."""

import math
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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


def difference(
    a: float, error_a: float, b: float, error_b: float, correlation: float = 0.0
) -> Difference:
    """Return b − a with the error √(s_a² + s_b² − 2 ρ s_a s_b) of a difference of two means.

    Arguments:
        a: a mean.
        error_a: its standard error s_a.
        b: another mean.
        error_b: its standard error s_b.
        correlation: ρ of what the means are of, example by example; 0 where they are independent,
            or where nothing is known of it: figures of the same examples go up and down together,
            so that their difference is then surer than this says.
    """
    together = 2 * correlation * error_a * error_b
    return Difference(b - a, math.sqrt(max(0.0, error_a**2 + error_b**2 - together)))


def correlation(x: "NDArray[np.floating]", y: "NDArray[np.floating]") -> float:
    """Return ρ of what is known of both, (N,) each; 0 where it cannot be told."""
    import numpy as np  # which a refusal does not wait for

    if x.shape != y.shape:
        return 0.0
    known = np.isfinite(x) & np.isfinite(y)
    a, b = (v[known].astype(np.float64) for v in (x, y))
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
