"""Modified Bessel functions of the first kind, as von Mises–Fisher distributions need them."""

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import torch
from torch import Tensor

from aetrain.distributions.constant import constant

LARGE_ORDER = 20.0
TERMS = 9


def log_bessel(x: Tensor, order: float) -> tuple[Tensor, Tensor]:
    """Return log I_ν(x) − x and A = I_{ν+1}(x) / I_ν(x), for float64 x > 0 and a fixed ν ≥ 0.

    At an order of at least 20 above ν both are known by Debye's uniform expansion in 9 terms,
    and I_{j−1} = I_{j+1} + (2 j / x) I_j, which is stable downwards, leads back to ν. Relative
    errors are about 10⁻¹². Gradients are by (log I_ν)' = ν / x + A and
    A' = 1 − A² − (2 ν + 1) A / x.

    References:
        NIST Digital Library of Mathematical Functions, 10.29, 10.41. https://dlmf.nist.gov/10.41
    """
    return _LogBessel.apply(x, order)  # pyright: ignore[reportReturnType]


class _LogBessel(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, order: float) -> tuple[Tensor, Tensor]:
        above = max(0, math.ceil(LARGE_ORDER - order))
        log_value, high = _debye(x, order + above), _debye(x, order + above + 1)
        one, two = torch.ones_like(x), (high - log_value).exp()
        inverse = 2 / x
        for j in range(above, 0, -1):
            one, two = torch.addcmul(two, one, inverse, value=order + j), one
        ratio = two / one
        ctx.save_for_backward(x, ratio)
        ctx.order = order
        return log_value + one.log(), ratio

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        x, ratio = ctx.saved_tensors
        by_log = ctx.order / x + ratio - 1
        by_ratio = 1 - ratio * ratio - (2 * ctx.order + 1) * ratio / x
        return gradients[0] * by_log + gradients[1] * by_ratio, None


def _debye(x: Tensor, order: float) -> Tensor:
    """Return log I_ν(x) − x for a large ν.

    With s = √(ν² + x²) and p = ν / s it is s − x + ν log(x / (ν + s)) − ½ log 2πs + log Σ Uₖ(p)/νᵏ.
    """
    s = (x * x + order * order).sqrt()
    p = order / s
    exponents = torch.arange(3 * TERMS - 2, dtype=x.dtype, device=x.device)
    weights = constant(_weights(order), x.dtype, x.device)
    series = (p.unsqueeze(-1).pow(exponents) * weights).sum(-1)
    beyond = order * order / (s + x)  # s − x
    return beyond + order * (x / (order + s)).log() - 0.5 * (2 * math.pi * s).log() + series.log()


@cache
def _weights(order: float) -> tuple[float, ...]:
    """Return the coefficients of Σ Uₖ(p) / νᵏ, by powers of p."""
    weights = [0.0] * (3 * TERMS - 2)
    for k, polynomial in enumerate(_polynomials()):
        for power, coefficient in enumerate(polynomial):
            weights[power] += float(coefficient) / order**k
    return tuple(weights)


@cache
def _polynomials() -> Sequence[Sequence[Fraction]]:
    """Return the coefficients of U₀, U₁, ... by powers of p.

    U₀ = 1 and U_{k+1} = ½ p² (1 − p²) Uₖ' + ⅛ ∫₀ᵖ (1 − 5 t²) Uₖ dt.
    """
    found = [[Fraction(1)]]
    for _ in range(TERMS - 1):
        new = [Fraction(0)] * (len(found[-1]) + 3)
        for n, c in enumerate(found[-1]):
            new[n + 1] += c * (Fraction(n, 2) + Fraction(1, 8 * (n + 1)))
            new[n + 3] -= c * (Fraction(n, 2) + Fraction(5, 8 * (n + 3)))
        found.append(new)
    return found
