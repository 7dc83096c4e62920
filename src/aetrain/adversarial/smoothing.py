"""Labels that are not quite 1."""

from aetrain.errors import UserError


def require_smoothing(smoothing: float) -> float:
    """Return the smoothing of the real examples' label.

    Raises:
        UserError: where it is out of its range.
    """
    if not 0 <= smoothing < 0.5:
        raise UserError(
            f"adversary.loss.smoothing={smoothing}: must be at least 0 and below 0.5, such as 0.1"
        )
    return smoothing
