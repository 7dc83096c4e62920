"""Figures that are of a part of the examples."""

from collections.abc import Mapping
from typing import Any

from aetrain.evaluation.interval import BESIDE, COUNT


def of_part(figures: Mapping[str, Any], examples: int, of: int) -> dict[str, Any]:
    """Return figures with the number of examples of each beside it, where it is not of all.

    Arguments:
        figures: measured; counts that are there stay. Whole numbers are settings, not figures.
        examples: how many they are of.
        of: how many there are.
    """
    if examples >= of:
        return dict(figures)
    own = [k for k, v in figures.items() if isinstance(v, float) and not k.endswith(BESIDE)]
    return {**dict.fromkeys((f"{name}{COUNT}" for name in own), examples), **figures}
