"""Confidence intervals of shares."""

import math
from typing import NamedTuple, final

ERROR, LOW, HIGH = "_se", "_low", "_high"
"""What follows a figure's name in those of its standard error and of the ends of its interval."""
COUNT, SAMPLES = "_examples", "_samples"
"""The same of how many examples it is of, where not of all, and how many draws for each."""
BESIDE = (ERROR, LOW, HIGH, COUNT)
QUANTILE = 1.959963984540054
"""Of the standard normal, for intervals of 95 %."""


@final
class Share(NamedTuple):
    """A share of so many trials, with the 95 % interval of Wilson.

    Attributes:
        value: hits / trials.
        low: lower end of the interval.
        high: upper end.
        trials: of how many.
    """

    value: float
    low: float
    high: float
    trials: int

    def figures(self, name: str) -> dict[str, float]:
        """Return the share and its interval under `name`, `name_low` and `name_high`."""
        return {name: self.value, f"{name}{LOW}": self.low, f"{name}{HIGH}": self.high}

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


def share(hits: int, trials: int, z: float = QUANTILE) -> Share:
    """Return hits / trials with its interval: all p with |p̂ − p| ≤ z √(p (1 − p) / n).

    It covers the chance of drawing these trials, not of the training. Unlike p̂ ± z SE it stays in
    [0, 1] and does not vanish where every trial is a hit.

    Arguments:
        hits: how many.
        trials: n, at least 1.
        z: quantile of the standard normal; the default is that of 95 %.

    References:
        Wilson: Probable inference, the law of succession, and statistical inference. 1927.
        https://doi.org/10.1080/01621459.1927.10502953
    """
    p, n = hits / trials, trials
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # the ends enclose p, also where rounding puts them a digit within
    return Share(p, max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half)), n)
