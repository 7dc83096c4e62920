"""Who watches a game, and says when it is no longer one."""

from collections.abc import Iterable, Mapping
from typing import final

from aetrain.adversarial.outcome import Outcome

LINES = 5
"""Lines of the log that must agree before anything is said."""


@final
class Referee:
    """Sees each line of the log and says, once for each outcome of a game, when a player has won.

    What a victory is, and what may be tried against it, is for who plays to know
    (`Player.outcomes`): here it must only show in five lines running.
    """

    def __init__(self) -> None:
        self._running: dict[str, int] = {}
        self._told: set[str] = set()

    def judge(self, line: Mapping[str, float], step: int, outcomes: Iterable[Outcome]) -> list[str]:
        """Take a line of the log and return what there is to say of it.

        Arguments:
            line: figures by name.
            step: batches trained on.
            outcomes: how the games of the present stage may end.
        """
        said: list[str] = []
        for outcome in outcomes:
            text, seen = outcome.said, outcome.seen(line)
            if seen is None:  # who moves in few batches is not in every line
                continue
            self._running[text] = self._running.get(text, 0) + 1 if seen else 0
            if self._running[text] >= LINES and text not in self._told:
                self._told.add(text)
                said.append(f"step {step}: {text}")
        return said
