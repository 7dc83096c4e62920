"""Words that would lie on one another are moved apart."""

import numpy as np

TURNS = 200


def apart(centres: np.ndarray, sizes: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return centres of boxes of which none lies on another, each near where it was.

    Of two that do, both give way along the axis in which they have the shorter way to go, turn by
    turn, as far as the frame lets them; after 200 turns what is left stays.

    Arguments:
        centres: in pixels, (K, 2).
        sizes: width and height, (K, 2).
        low: lower left corner of the frame, (2,).
        high: its upper right corner, (2,).
    """
    found = centres.astype(float)
    first, second = np.triu_indices(len(found), 1)
    reach = (sizes[first] + sizes[second]) / 2
    for _ in range(TURNS):
        found = found.clip(low + sizes / 2, high - sizes / 2)
        way = found[second] - found[first]
        over = reach - np.abs(way)
        pairs = np.flatnonzero(over.min(1) > 1e-9)
        if not len(pairs):
            break
        axis = over[pairs].argmin(1)
        # of two at one place the later one goes up
        sign = np.where(way[pairs, axis] >= 0, 1, -1)
        step = sign * (over[pairs, axis] / 2 + 0.5)
        np.add.at(found, (first[pairs], axis), -step)
        np.add.at(found, (second[pairs], axis), step)
    return found
