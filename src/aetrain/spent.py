"""What the training of a run has taken."""

import math
import time
from collections.abc import Mapping
from typing import Any, final


@final
class Spent:
    """Seconds and examples of all parts of a run, also of those that ended before this process.

    A checkpoint keeps them; a run that was killed counts what was done up to its last one.

    Arguments:
        fit_s: seconds of the training, with validations, figures and saves.
        steps_s: seconds of the batches alone.
        examples: trained on.
        first_step_s: seconds from the command to the first batch of the run; None: not yet known.
    """

    def __init__(
        self,
        fit_s: float = 0.0,
        steps_s: float = 0.0,
        examples: int = 0,
        first_step_s: float | None = None,
    ) -> None:
        self.steps_s, self.examples, self.first_step_s = steps_s, examples, first_step_s
        self._before = fit_s
        self._since = self._commanded = time.time()

    @classmethod
    def after(cls, state: Mapping[str, Any] | None) -> "Spent":
        """Return what goes on from a checkpoint's count.

        Arguments:
            state: that count; None where there is none, as of an older version: every sum with an
                unknown past is NaN.
        """
        return cls(math.nan, math.nan, 0, math.nan) if state is None else cls(**state)

    def begin(self, commanded: float) -> None:
        """Let the training begin, or go on, now; the command for it was given at `commanded`."""
        self._since, self._commanded = time.time(), commanded

    @property
    def fit_s(self) -> float:
        """Seconds of the training until now."""
        return self._before + time.time() - self._since

    @property
    def speed(self) -> float:
        """Examples per second."""
        return self.examples / max(self.steps_s, 1e-9)

    def add_step(self) -> None:
        """Note when the first batch was trained on."""
        if self.first_step_s is None:
            self.first_step_s = time.time() - self._commanded

    def add(self, seconds: float, examples: int) -> None:
        """Add batches that were trained on."""
        self.steps_s += seconds
        self.examples += examples

    def state(self) -> dict[str, Any]:
        """Return the arguments with which the counting goes on."""
        names = ("fit_s", "steps_s", "examples", "first_step_s")
        return {name: getattr(self, name) for name in names}
