"""The floating-point types that a model computes in, by Lightning's names of precisions."""

from typing import Any

import torch
from torch import nn

from aetrain.autoencoder import Autoencoder
from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.game import OptimizerMaker
from aetrain.optimizing import made

HALVES = {"bf16-true": torch.bfloat16, "16-true": torch.float16}
"""Precisions in which networks have no other weights than those of half the size."""


def in_precision(model: Autoencoder, precision: str) -> Autoencoder:
    """Return the model, its parameters in the types of a precision.

    64-true makes all of them doubles, bf16-true and 16-true those of networks halves. Families and
    priors stay in float32 under both: that is what densities are computed in, and a scale or an
    average that changes by a hundredth of itself would not change at all in half precision. So do
    the data, of which bfloat16 would keep 8 bits.
    """
    model.to(data_type(precision))
    if precision in HALVES:
        for module in model.modules():
            if isinstance(module, Conditional):
                module.lower(HALVES[precision])
    return model


def data_type(precision: str) -> torch.dtype:
    """Return the type of x, and of the parameters of families and priors."""
    return torch.float64 if precision == "64-true" else torch.float32


def require_epsilon(optimizer: OptimizerMaker, precision: str) -> None:
    """Refuse an optimizer that would divide by zero.

    Raises:
        UserError: where the number that it adds to the divisor is 0 in half precision.
    """
    epsilon = made(optimizer, [nn.Parameter(torch.zeros(1))]).defaults.get("eps")
    kind = HALVES.get(precision, torch.float32)
    if epsilon is not None and not torch.tensor(epsilon, dtype=kind) > 0:
        raise UserError(
            f"optimizer.eps={epsilon}: with trainer.precision={precision} it is 0, and so are the"
            " squares of small gradients: set optimizer.eps=1e-4, or use"
            " trainer.precision=bf16-true"
        )


def of_lightning(precision: str) -> Any:
    """Return the precision for Lightning's trainer, which would convert families and priors too."""
    return "32-true" if precision in HALVES else precision
