"""Schedules: a multiplier as a function of the step, counted in batches.

A schedule is a pure function, so resuming it takes nothing but the step.
"""

import math
from collections.abc import Callable, Sequence
from typing import final

from aetrain.errors import UserError

Schedule = Callable[[int, int], float]
"""(step, total steps of the run) -> multiplier.

Of what is wrong with its numbers a schedule says the name, not whose they are: a learning rate and
the weights of terms may have the same one.
"""


def _require(right: bool, name: str, value: object, words: str) -> None:
    if not right:
        raise UserError(f"{name}={value}: must be {words}")


def constant(step: int, total: int) -> float:
    """Return 1 at every step."""
    return 1.0


@final
class Scaled:
    """A weight, a number or a schedule, times a schedule."""

    def __init__(self, weight: float | Schedule, schedule: Schedule) -> None:
        self.weight, self.schedule = weight, schedule

    def __call__(self, step: int, total: int) -> float:
        """Return the weight at a step."""
        weight = self.weight(step, total) if callable(self.weight) else self.weight
        return weight * self.schedule(step, total)


def linear(step: int, total: int, *, warmup: int = 1000) -> float:
    """Rise linearly to 1 over the first `warmup` steps: min(1, (step + 1) / warmup).

    Raises:
        UserError: where `warmup` is below 0.
    """
    _require(warmup >= 0, "warmup", warmup, "at least 0 batches, such as 1000")
    return min(1.0, (step + 1) / warmup) if warmup > 0 else 1.0


def rising_cosine(step: int, total: int, *, warmup: int = 1000) -> float:
    """Rise to 1 over the first `warmup` steps along half a cosine, slowly at both ends.

    ½ (1 − cos π r), r = min(1, (step + 1) / warmup).

    Raises:
        UserError: where `warmup` is below 0.
    """
    return 0.5 * (1 - math.cos(math.pi * linear(step, total, warmup=warmup)))


def sigmoid(step: int, total: int, *, midpoint: int = 5000, width: float = 800.0) -> float:
    """Rise from 0 to 1 along a logistic curve: 1 / (1 + exp(−(step − midpoint) / width)).

    Raises:
        UserError: where the width is not above 0, or the midpoint below 0.

    References:
        Bowman et al.: Generating sentences from a continuous space. 2016.
        https://arxiv.org/abs/1511.06349
    """
    _require(midpoint >= 0, "midpoint", midpoint, "at least 0 batches, such as 5000")
    _require(width > 0, "width", width, "above 0, such as 800 batches")
    return 0.5 * (1 + math.tanh(0.5 * (step - midpoint) / width))


def cyclical(
    step: int, total: int, *, period: float = 0.25, rise: float = 0.5, cycles: int | None = 4
) -> float:
    """Rise linearly from 0 to 1 and stay there, again and again: min(1, τ / rise).

    τ is the part of the present cycle that has passed. After the last cycle it stays 1.

    Arguments:
        step: batches trained on.
        total: batches of the run.
        period: length of a cycle in batches, or below 1, as a fraction of the run.
        rise: part of a cycle that rises.
        cycles: how many; None: no end.

    Raises:
        UserError: where period or rise are not above 0, a cycle rises for longer than it lasts, or
            there is not one.

    References:
        Fu et al.: Cyclical annealing schedule. 2019. https://arxiv.org/abs/1903.10145
    """
    _require(period > 0, "period", period, "above 0, such as 10000 batches")
    _require(0 < rise <= 1, "rise", rise, "above 0 and at most 1, such as 0.5")
    _require(cycles is None or cycles >= 1, "cycles", cycles, "at least 1, or null for no end")
    done, passed = divmod(step / (period * total if period < 1 else period), 1)
    if cycles is not None and done >= cycles:
        return 1.0
    return min(1.0, passed / rise)


def cosine(step: int, total: int, *, warmup: int = 0, final: float = 0.0) -> float:
    """Rise over `warmup` steps, then fall from 1 to `final` along half a cosine.

    Raises:
        UserError: where `warmup` or `final` is below 0.

    References:
        Loshchilov, Hutter: SGDR. 2017. https://arxiv.org/abs/1608.03983
    """
    _require(warmup >= 0, "warmup", warmup, "at least 0 batches")
    _require(final >= 0, "final", final, "at least 0, such as 0.01")
    if step < warmup:
        return (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, total - warmup))
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))


def step(
    step: int, total: int, *, milestones: Sequence[float] = (0.5, 0.75), factor: float = 0.1
) -> float:
    """Multiply by `factor` at each milestone, a fraction of the run (below 1) or a step.

    Raises:
        UserError: where `factor` or a milestone is below 0.
    """
    _require(factor >= 0, "factor", factor, "at least 0, such as 0.1")
    least = min(milestones, default=0)
    _require(least >= 0, "milestones", list(milestones), "at least 0 each, such as [0.5, 0.75]")
    passed = sum(step >= (m * total if m < 1 else m) for m in milestones)
    return factor**passed
