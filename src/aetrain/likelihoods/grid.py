"""The values of likelihoods on a grid."""

from aetrain.errors import UserError
from aetrain.values import Values

DEFAULT = 256


def grid(levels: int | None) -> Values:
    """Return the equally spaced values from 0 to 1; without a number of levels, 8-bit ones.

    Raises:
        UserError: where there are fewer than 2 levels.
    """
    if levels is not None and levels < 2:
        raise UserError(f"likelihood.levels={levels}: must be at least 2")
    return Values(0.0, 1.0, DEFAULT if levels is None else levels)
