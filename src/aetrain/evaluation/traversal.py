"""What each number of a code does, with all others held."""

from collections.abc import Sequence
from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.errors import UserError
from aetrain.spaces import Space

MOST = 10
"""Dimensions where none are named."""


@final
class Traversal(NamedTuple):
    """Codes to decode: z (K, T, *latent), row k of which moves dimension dims[k] alone."""

    dims: list[int]
    z: Tensor


def traversal(
    model: Autoencoder,
    codes: Tensor,
    *,
    base: Tensor | None = None,
    dims: Sequence[int] = (),
    steps: int = 9,
    span: float = 2.0,
) -> Traversal:
    """Return codes whose dimension d goes from m_d − span·s_d to m_d + span·s_d.

    m and s are mean and standard deviation of `codes`, so that the walk stays where codes are.

    Arguments:
        model: whose code it is; its codes must be free in every direction.
        codes: of examples, (N, D).
        base: the code of an example, (D,), which all other dimensions keep; None: m.
        dims: which dimensions; none: the ten that vary most.
        steps: codes in a row.
        span: how far to go, in standard deviations.

    Raises:
        UserError: where codes cannot move along one dimension, or there is no such dimension.
    """
    if model.space not in (Space.REAL, Space.BOX):
        raise UserError(
            f"traverse: codes of this model are {model.space.value}, which do not stay so where one"
            " number moves alone; use ae interpolate"
        )
    size = codes.shape[1]
    if wrong := [d for d in dims if d >= size]:
        raise UserError(f"--dim {wrong[0]}: a code has {size} numbers; choose from 0 to {size - 1}")
    mean, spread = codes.mean(0), codes.std(0)
    chosen = list(dims) or spread.argsort(descending=True, stable=True)[:MOST].tolist()
    start = mean if base is None else base
    z = start.expand(len(chosen), steps, size).clone()
    shares = torch.linspace(-span, span, steps, dtype=codes.dtype)
    for row, d in enumerate(chosen):
        z[row, :, d] = mean[d] + shares * spread[d]
    return Traversal(chosen, z.unflatten(2, model.latent))
