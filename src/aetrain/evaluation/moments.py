"""The mean of figures of examples, with its standard error."""

import math

from torch import Tensor


def mean_and_error(name: str, x: Tensor) -> dict[str, float]:
    """Return `<name>`, the mean of x (N,), and `<name>_se` = s / √N; NaN for a single one."""
    x = x.double()
    error = x.std().item() / math.sqrt(len(x)) if len(x) > 1 else math.nan
    return {name: x.mean().item(), f"{name}_se": error}
