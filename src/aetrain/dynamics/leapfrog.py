"""Leapfrog integration of Hamilton's equations."""

from collections.abc import Callable, Sequence

from torch import Tensor

Force = Callable[[Tensor], Tensor]
"""Positions (..., D) -> −∇U, of the same shape."""


def leapfrog(
    position: Tensor,
    momentum: Tensor,
    force: Force,
    step: Tensor | float,
    scales: Sequence[Tensor | float],
) -> tuple[Tensor, Tensor]:
    """Return position and momentum, both (..., D), after as many steps as there are scales.

    One step of size ε: ρ += ½ ε F(z), z += ε ρ, ρ += ½ ε F(z), then ρ *= α. Each line is a shear
    of the pair (z, ρ), so that volume is kept, but for the factor |α|ᴰ; with α = 1 the way back is
    the same with −ρ, and the energy U(z) + ½ |ρ|² oscillates by O(ε²). A step takes one new force.

    Arguments:
        position: z, (..., D).
        momentum: ρ, (..., D).
        force: F = −∇U.
        step: ε, a number or one for each dimension.
        scales: α of each step; none at all leaves everything as it is.

    References:
        Neal: MCMC using Hamiltonian dynamics. 2011. https://arxiv.org/abs/1206.1901
    """
    if not scales:
        return position, momentum
    push = 0.5 * step * force(position)
    for scale in scales:
        momentum = momentum + push
        position = position + step * momentum
        push = 0.5 * step * force(position)
        momentum = scale * (momentum + push)
    return position, momentum
