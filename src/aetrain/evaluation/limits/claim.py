"""What numbers say of a claim."""

import math
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple, final

from aetrain.comparison.better import HIGHER, LOWER
from aetrain.comparison.difference import Difference, difference
from aetrain.evaluation.disentanglement.estimate import Estimate

ERRORS = 2.0
"""Standard errors that a difference must reach to decide."""


class Verdict(Enum):
    """What one measure says of a claim."""

    SUPPORTED = "supports it"
    CONTRADICTED = "contradicts it"
    OPEN = "leaves it open"
    UNMEASURED = "could not be taken"


@final
class Evidence(NamedTuple):
    """One measure of what should be worse (`a`) and of what should be better (`b`), as is claimed.

    Attributes:
        measure: what is measured.
        names: of a and of b.
        a: its figure.
        b: its figure.
        way: which end is the better one, `higher` or `lower`.
        gap: b − a with its standard error.
        reason: why it could not be taken, where that is so.
    """

    measure: str
    names: tuple[str, str]
    a: Estimate
    b: Estimate
    way: str
    gap: Difference
    reason: str = ""

    @property
    def told(self) -> str:
        """The verdict in words, with the reason where there is none."""
        told = self.verdict.value
        lost = self.verdict is Verdict.UNMEASURED and self.reason
        return f"{told}: {self.reason}" if lost else told

    @property
    def verdict(self) -> Verdict:
        """Whether b is better than a by two standard errors of the difference, or worse."""
        sure = self.gap.in_errors * (1 if self.way == HIGHER else -1)
        if math.isnan(sure) and not (self.gap.value == 0 == self.gap.error):
            return Verdict.UNMEASURED
        if sure >= ERRORS:
            return Verdict.SUPPORTED
        return Verdict.CONTRADICTED if sure <= -ERRORS else Verdict.OPEN


def evidence(
    measure: str,
    names: tuple[str, str],
    a: Estimate,
    b: Estimate,
    way: str = LOWER,
    reason: str = "",
) -> Evidence:
    """Return the evidence of two figures, whose errors are taken as independent."""
    return Evidence(measure, names, a, b, way, difference(*a, *b), reason)


@final
class Claim(NamedTuple):
    """A sentence, what it is about, and all that was measured of it."""

    topic: str
    sentence: str
    evidence: Sequence[Evidence]

    @property
    def verdict(self) -> str:
        """What the measures say together, in words."""
        counts = {v: sum(e.verdict is v for e in self.evidence) for v in Verdict}
        total = len(self.evidence)
        for verdict in Verdict:
            if counts[verdict] == total:
                return f"{_all(total)} {verdict.value}"
        told = [f"{n} {_agree(v, n)}" for v, n in counts.items() if n]
        return f"of {total} measures " + ", ".join(told)

    @property
    def holds(self) -> bool | None:
        """True where some measure supports it and none contradicts it, False where it is the other
        way round, else None.
        """
        found = {e.verdict for e in self.evidence}
        for_it, against = Verdict.SUPPORTED in found, Verdict.CONTRADICTED in found
        return None if for_it == against else for_it


def _all(total: int) -> str:
    return "the one measure" if total == 1 else f"each of the {total} measures"


def _agree(verdict: Verdict, number: int) -> str:
    """Return a verdict's words for so many measures."""
    if number == 1:
        return verdict.value
    first, _, rest = verdict.value.partition(" ")
    return verdict.value if first == "could" else f"{first.removesuffix('s')} {rest}"
