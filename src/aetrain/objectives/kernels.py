"""Kernels for comparing two sets of codes.

Each takes u = |a − b|² / 2D, which is 1 in the mean for two draws of N(0, I) in D dimensions, so
that its scales mean the same in any number of dimensions.
"""

from collections.abc import Callable, Sequence

from torch import Tensor

from aetrain.errors import UserError

Kernel = Callable[[Tensor], Tensor]
"""u, of any shape and at least 0 -> k(u), of the same shape."""

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def imq(u: Tensor, *, scales: Sequence[float] = SCALES) -> Tensor:
    """Return Σₛ s / (s + u), inverse multiquadratics: heavy tails, which pull from far away.

    References:
        Tolstikhin, Bousquet, Gelly, Schölkopf: Wasserstein auto-encoders. 2018.
        https://arxiv.org/abs/1711.01558
    """
    _require_positive(scales)
    total = scales[0] / (u + scales[0])
    for scale in scales[1:]:
        total = total + scale / (u + scale)
    return total


def rbf(u: Tensor, *, scales: Sequence[float] = (1.0,)) -> Tensor:
    """Return Σₛ exp(−u / s): Gaussian kernels of variance s D.

    References:
        Gretton, Borgwardt, Rasch, Schölkopf, Smola: A kernel two-sample test. 2012.
        https://jmlr.org/papers/v13/gretton12a.html
    """
    _require_positive(scales)
    total = (u / -scales[0]).exp()
    for scale in scales[1:]:
        total = total + (u / -scale).exp()
    return total


def _require_positive(scales: Sequence[float]) -> None:
    if not scales or not min(scales) > 0:
        raise UserError(
            f"objective.kernel.scales={list(scales)}: must be numbers above 0, such as [1.0]"
        )
