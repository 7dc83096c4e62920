"""Updates that are left out because their gradient is too large, or not finite."""

import torch
from torch import Tensor
from torch.optim import Adam, Optimizer

SKIPPED = "skipped"
"""Ends the name of what a step returns: whether a player's update was left out."""


def beyond(norm: Tensor, limit: float) -> Tensor:
    """Return whether a gradient norm is above a limit or not finite, () on its device.

    References:
        Child: Very deep VAEs generalize autoregressive models. 2021.
        https://arxiv.org/abs/2011.10650
    """
    return ~((norm <= limit) & norm.isfinite()).detach()


def decides_on_device(optimizer: Optimizer) -> bool:
    """Return whether an optimizer reads on the device, without the host, whether it is to step.

    Fused Adam and AdamW do: the flag is there for gradients that overflow under float16. torch's
    fused SGD reads it too, but a momentum whose first update is left out is then never filled.
    """
    return isinstance(optimizer, Adam) and bool(optimizer.defaults["fused"])


def step_unless(optimizer: Optimizer, left_out: Tensor) -> None:
    """Update, or leave weights, moments and counters as they are where the flag is set."""
    # where torch's own scaler of gradients puts the flag; a scale of None is 1
    flags = {"found_inf": left_out.to(torch.float32), "grad_scale": None}
    vars(optimizer).update(flags)
    try:
        optimizer.step()
    finally:
        for name in flags:
            del vars(optimizer)[name]
