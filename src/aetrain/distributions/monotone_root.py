"""Roots of increasing functions of one variable."""

from collections.abc import Callable

import torch
from torch import Tensor

BISECTIONS = 40
NEWTON_STEPS = 3


def monotone_root(function: Callable[[Tensor], tuple[Tensor, Tensor]], half: Tensor) -> Tensor:
    """Return the x in [−half, half] with f(x) = 0, for as many increasing functions at once.

    The bracket is halved 40 times and then polished by Newton's steps, of which only the last is
    seen by autograd: x − f(x; θ) / f'(x) has the root's own derivative by θ, the first but no
    higher one.

    Arguments:
        function: x (...,) -> f(x) and f'(x), the latter above 0.
        half: bound on |x|, (...,).
    """
    with torch.no_grad():
        x, step = torch.zeros_like(half), half
        for _ in range(BISECTIONS):
            step = 0.5 * step
            x = x - step * function(x)[0].sign()
        for _ in range(NEWTON_STEPS):
            value, slope = function(x)
            x = x - value / slope
    value, slope = function(x)
    return x - value / slope.detach()
