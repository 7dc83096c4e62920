"""Nonlinearities by name."""

from collections.abc import Callable

from torch import nn

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


def activation_named(name: str) -> Callable[[], nn.Module]:
    """Return the module class of a nonlinearity.

    Raises:
        UserError: listing the names, where there is none of this name.
    """
    if name not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        hint = did_you_mean(name, ACTIVATIONS)
        raise UserError(f"network activation '{name}' is not known: choose from {known}.{hint}")
    return ACTIVATIONS[name]
