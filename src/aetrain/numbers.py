"""Numbers that a user gives from Python."""

import operator
from typing import SupportsIndex

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from aetrain.errors import UserError
from aetrain.values import BINARY, Values

Numbers = Tensor | ArrayLike
"""Tensor, list of tensors, array of NumPy or nested lists; the model's precision is made of it."""

Given = Numbers | None
"""A condition: a class, one for each example, or what stands for it, (N, *shape)."""


REAL = "real numbers, in a tensor or an array of NumPy"
ROUNDINGS = 2
"""Of a number between a table and x, each at most by the precision of its type."""
CLASSES = "a class, which is a whole number from 0, or one for each example"


def tensor_of(numbers: Numbers, name: str, wanted: str = REAL) -> Tensor:
    """Return numbers as a tensor, of the type that they have.

    Raises:
        UserError: where they are none.
    """
    try:
        found = numbers.to_dense() if isinstance(numbers, Tensor) else _copied(numbers)
    except (TypeError, ValueError, RuntimeError):
        found = None
    if found is None or found.is_complex():
        shown = repr(numbers) if isinstance(numbers, str) else type(numbers).__name__
        raise UserError(f"{name}={shown}: must be {wanted}")
    return found


def _copied(numbers: ArrayLike) -> Tensor:
    """Return an array, nested lists or a list of tensors as one tensor."""
    each = list(numbers) if isinstance(numbers, list | tuple) else []
    tensors = [one.to_dense() for one in each if isinstance(one, Tensor)]
    if tensors and len(tensors) == len(each):
        return torch.stack(tensors)
    return torch.tensor(np.asarray(numbers))  # torch warns of arrays that cannot be written to


def condition_of(condition: Given) -> Tensor | None:
    """Return a condition as a tensor."""
    return None if condition is None else tensor_of(condition, "condition", CLASSES)


def whole(number: SupportsIndex, name: str, least: int) -> int:
    """Return a whole number; raise UserError where it is none, or below the least one."""
    try:
        found = operator.index(number)
    except TypeError:
        raise UserError(f"{name}={number!r}: must be a whole number, such as 16") from None
    if found < least:
        raise UserError(f"{name}={found}: must be at least {least}")
    return found


def part_of(condition: Tensor | None, start: int, rows: int, batch: int) -> Tensor | None:
    """Return the condition of the batch that begins at a row, of so many rows in all."""
    if condition is not None and condition.dim() and len(condition) == rows:
        return condition[start : start + batch]
    return condition


def require_finite(x: Tensor, name: str) -> None:
    """Refuse infinite numbers, and what is no number."""
    if not x.isfinite().all():
        raise UserError(f"{name} holds numbers that are not finite (nan or inf): leave them out")


def require_scored(x: Tensor, support: Values, given: torch.dtype | None = None) -> None:
    """Refuse values that a likelihood is no density or mass of; what rounding may do is let pass.

    Arguments:
        x: finite.
        support: of the likelihood.
        given: type in which the numbers were given, where x has been made of another.
    """
    if not x.numel():
        return
    low, high = x.min().item(), x.max().item()
    slack = ROUNDINGS * max(_rounding(x.dtype), _rounding(given or x.dtype))
    width = max(1.0, abs(low), abs(high))
    inside = support.low - slack * width <= low and high <= support.high + slack * width
    if inside and _on_grid(x.double(), support, slack * width):
        return
    raise UserError(
        f"x holds numbers from {low:g} to {high:g}, and the likelihood of this model scores"
        f" {support}{_remedy(support) if inside else ''}"
    )


def _rounding(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).eps if dtype.is_floating_point else 0.0


def _on_grid(x: Tensor, support: Values, slack: float) -> bool:
    """Return whether all values are among those of a support, but for rounding."""
    if support.levels is None:
        return True
    if support.counts:
        return bool((x == x.round()).all())
    step = (support.high - support.low) / (support.levels - 1)
    steps = (x - support.low) / step
    # numbers so coarse that rounding hides the grid are on it, as far as can be told
    return slack / step >= 0.5 or bool(((steps - steps.round()).abs() <= slack / step).all())


def _remedy(support: Values) -> str:
    if support == BINARY:
        return ": use (x > 0.5), or draws of it"
    if support.levels is None or support.counts or support != Values(0.0, 1.0, support.levels):
        return ""
    return f": use (x * {support.levels - 1:g}).round() / {support.levels - 1:g}"
