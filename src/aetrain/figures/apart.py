"""Words that would lie on one another are moved apart."""

from itertools import combinations

import numpy as np

TURNS = 200


def apart(centres: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return centres of boxes of which none lies on another, each near where it was.

    Of two that do, both give way along the axis in which they have the shorter way to go, turn by
    turn; after 200 turns what is left stays.

    Arguments:
        centres: in pixels, (K, 2).
        sizes: width and height, (K, 2).
    """
    found = centres.astype(float)
    for _ in range(TURNS):
        moved = False
        for i, j in combinations(range(len(found)), 2):
            way = found[j] - found[i]
            over = (sizes[i] + sizes[j]) / 2 - np.abs(way)
            if over.min() <= 0:
                continue
            axis, moved = int(over.argmin()), True
            step = (over[axis] / 2 + 0.5) * (1 if way[axis] >= 0 else -1)
            found[i, axis] -= step
            found[j, axis] += step
        if not moved:
            break
    return found
