"""How a game may end: what the log then says, and what may be tried."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

SURE = 0.99
"""The part of all that a side has won by."""


class Remedies(NamedTuple):
    """What may be tried against a discriminator that is too strong, and one that is too weak."""

    weaker: Sequence[str]
    stronger: Sequence[str]


@final
@dataclass(frozen=True)
class Outcome:
    """A victory of either side, and how it shows in the log.

    Whether accuracies show one depends on what the sides pay, so each loss has outcomes of its own.

    Arguments:
        figures: names of terms of the game.
        holds: from their means, in that order, whether the side has won.
        text: what is then said of the discriminator, such as `has won: ...`.
        remedies: what may be tried.
        paid: the term by which its adversary plays; where that weighs 0 nobody is beaten.
        prefix: before the names of all terms, in a model of several games.
    """

    figures: Sequence[str]
    holds: Callable[..., bool]
    text: str
    remedies: Sequence[str]
    paid: str = "adversarial"
    prefix: str = ""

    def seen(self, line: Mapping[str, float]) -> bool | None:
        """Return whether a line of the log shows it; None where the line has not the figures."""
        keys = [f"train/{self.prefix}{name}" for name in self.figures]
        if not all(key in line for key in keys):
            return None
        plays = line.get(f"weight/{self.prefix}{self.paid}", 1.0) != 0.0
        return plays and self.holds(*(line[key] for key in keys))

    @property
    def said(self) -> str:
        """All that is said."""
        name = self.prefix.replace("_", " ")
        *first, last = self.remedies
        tried = f"{', '.join(first)} or {last}" if first else last
        return f"the {name}discriminator {self.text}. Try {tried}"


def remedies_of(
    *, noise: float, r1: float, gradient_penalty: float, spectral_norm: bool, updates: int
) -> Remedies:
    """Return what may be tried beside the options of `adversary` as they are set."""
    steady = {"r1=10": r1, "noise=0.1": noise, "spectral_norm=true": spectral_norm}
    weaker = [f"adversary.{option}" for option, is_set in steady.items() if not is_set]
    weaker += ["adversary.updates=1"] if updates > 1 else []
    held = {"noise": noise, "r1": r1, "gradient_penalty": gradient_penalty}
    stronger = [f"adversary.updates={max(5, 2 * updates)}"]
    stronger += [f"a smaller adversary.{name}" for name, weight in held.items() if weight]
    return Remedies([*weaker, "a lower adversary.rate"], ["a higher adversary.rate", *stronger])


def tells_all(so: str, remedies: Sequence[str]) -> Outcome:
    """Return the victory of a discriminator that tells 99 % of what is real and of fakes.

    Arguments:
        so: what follows from it.
        remedies: what may be tried.
    """
    return Outcome(
        ("accuracy_real", "accuracy_fake"),
        lambda real, fake: min(real, fake) >= SURE,
        f"has won: it tells all that is real from all that is fake, so {so}",
        remedies,
    )


def deceived(
    guess: float, so: str, remedies: Sequence[str], costs: Sequence[str] = ("real", "fake")
) -> Outcome:
    """Return the defeat of a discriminator that takes 99 % of the fakes for real.

    Where both sides are at their best it says the same of all: a hair above the boundary it would
    take every fake for real, at the cost of a guess. So it has lost only where it pays more.

    Arguments:
        guess: what it pays for the boundary's mark of everything, all costs together.
        so: what follows from it.
        remedies: what may be tried.
        costs: names of its costs.
    """
    return Outcome(
        ("accuracy_fake", *costs),
        lambda fake, *paid: fake <= 1 - SURE and sum(paid) > (2 - SURE) * guess,
        f"has lost: it takes all fakes for real, so {so}",
        remedies,
    )
