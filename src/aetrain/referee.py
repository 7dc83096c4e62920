"""Who watches a game, and says when it is no longer one."""

from collections import deque
from collections.abc import Mapping
from typing import final

LINES = 5
"""Lines of the log that must agree before anything is said."""

SURE = 0.99
"""Accuracy from which on a side has won."""


@final
class Referee:
    """Sees each line of the log and says, once for each game, when a player has won.

    The discriminator has won where it tells 99 % of real examples and of fakes in five lines
    running: its adversary then learns next to nothing. Its adversary has won where 99 % of the
    fakes pass for real. A game is known by its terms `accuracy_real` and `accuracy_fake`, with
    the same words before both.
    """

    def __init__(self) -> None:
        self._lately: dict[str, deque[tuple[float, float]]] = {}
        self._told: set[tuple[str, str]] = set()

    def judge(self, line: Mapping[str, float], step: int) -> list[str]:
        """Take a line of the log and return what there is to say of it.

        Arguments:
            line: figures by name.
            step: batches trained on.
        """
        said: list[str] = []
        for key, real in line.items():
            if not (key.startswith("train/") and key.endswith("accuracy_real")):
                continue
            name = key.removeprefix("train/").removesuffix("accuracy_real")
            lately = self._lately.setdefault(name, deque(maxlen=LINES))
            lately.append((real, line[f"train/{name}accuracy_fake"]))
            winner = _winner(lately) if len(lately) == LINES else None
            if winner is not None and (name, winner) not in self._told:
                self._told.add((name, winner))
                said.append(f"step {step}: {_verdict(name, winner)}")
        return said


def _winner(lately: deque[tuple[float, float]]) -> str | None:
    if all(min(pair) >= SURE for pair in lately):
        return "discriminator"
    if all(fake <= 1 - SURE for _, fake in lately):
        return "adversary"
    return None


def _verdict(name: str, winner: str) -> str:
    of = f"{name.removesuffix('_')} " if name else ""
    if winner == "discriminator":
        return (
            f"the {of}discriminator has won: it tells all that is real from all that is fake, so"
            " its adversary learns next to nothing. Try adversary.r1=10, adversary.noise=0.1,"
            " adversary.spectral_norm=true or a lower adversary.rate"
        )
    return (
        f"the {of}discriminator has lost: it takes all fakes for real, so its adversary has nothing"
        " to learn from. Try a higher adversary.rate, or adversary.updates=5"
    )
