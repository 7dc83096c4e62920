"""Schedules: a multiplier as a function of the step, counted in batches.

A schedule is a pure function, so resuming it takes nothing but the step.
"""

import math
from collections.abc import Callable, Sequence
from typing import final

Schedule = Callable[[int, int], float]
"""(step, total steps of the run) -> multiplier."""


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
    """Rise linearly to 1 over the first `warmup` steps: min(1, (step + 1) / warmup)."""
    return min(1.0, (step + 1) / warmup) if warmup > 0 else 1.0


def cosine(step: int, total: int, *, warmup: int = 0, final: float = 0.0) -> float:
    """Rise over `warmup` steps, then fall from 1 to `final` along half a cosine.

    References:
        Loshchilov, Hutter: SGDR. 2017. https://arxiv.org/abs/1608.03983
    """
    if step < warmup:
        return (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, total - warmup))
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))


def step(
    step: int, total: int, *, milestones: Sequence[float] = (0.5, 0.75), factor: float = 0.1
) -> float:
    """Multiply by `factor` at each milestone, a fraction of the run (below 1) or a step."""
    passed = sum(step >= (m * total if m < 1 else m) for m in milestones)
    return factor**passed
