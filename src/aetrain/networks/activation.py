"""Nonlinearities by name."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from aetrain.errors import UserError, did_you_mean

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": lambda y: (y > 0).to(y.dtype),
    "leaky_relu": lambda y: torch.where(y > 0, torch.ones_like(y), 0.01),
    "elu": lambda y: 1 + y.clamp(max=0),
    "softplus": lambda y: -torch.expm1(-y),
    "tanh": lambda y: 1 - y * y,
    "sigmoid": lambda y: y * (1 - y),
    "identity": torch.ones_like,
}
"""The derivatives at x of those that are known by the value y at x."""


def activation_named(name: str, place: str = "network activation") -> Callable[[], nn.Module]:
    """Return the module class of a nonlinearity.

    Arguments:
        name: one of `ACTIVATIONS`.
        place: where it was named, as a refusal says it.

    Raises:
        UserError: listing the names, where there is none of this name.
    """
    if name not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        hint = did_you_mean(name, ACTIVATIONS)
        raise UserError(f"{place} '{name}' is not known: choose from {known}.{hint}")
    return ACTIVATIONS[name]
