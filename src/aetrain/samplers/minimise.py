"""Training of a small module on codes that are all in memory."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from aetrain.errors import UserError
from aetrain.samplers.sampler import ROWS

HELD_OUT = 10
"""One code in so many is not trained on; it says which weights are kept."""
LOOKS = 20
"""How often the held-out codes are looked at."""
CLIP = 5.0
"""Largest norm of a step's gradient."""


@dataclass(frozen=True)
class Schooling:
    """How a module is trained on codes.

    Arguments:
        updates: steps of Adam.
        batch: codes of a step.
        lr: learning rate at first; it falls to 0 as a half cosine.

    Raises:
        UserError: where a number is out of its range.
    """

    updates: int = 2000
    batch: int = 256
    lr: float = 1e-3

    def __post_init__(self) -> None:
        for name, value in {"updates": self.updates, "batch": self.batch}.items():
            if value < 1:
                raise UserError(f"sampler.{name}={value}: must be at least 1")
        if not self.lr > 0:
            raise UserError(f"sampler.lr={self.lr}: must be above 0, such as 0.001")


def minimise(
    module: nn.Module, cost: Callable[[Tensor], Tensor], codes: Tensor, schooling: Schooling
) -> None:
    """Train a module, in place, and leave it with the weights that served held-out codes best.

    Arguments:
        module: whose parameters are trained.
        cost: codes (B, D) -> nats (B,).
        codes: (N, D), on the module's device; where there are fewer than ten, none is held out.
        schooling: how.
    """
    order = torch.randperm(len(codes)).to(codes.device)
    held = codes[order[: len(codes) // HELD_OUT]]
    taught = codes[order[len(held) :]]
    held = held if len(held) else taught
    module.requires_grad_(True).train()
    optimizer = _adam(module, schooling.lr)
    every = max(1, schooling.updates // LOOKS)
    best, kept = math.inf, {}
    for update in range(schooling.updates + 1):
        if update % every == 0 or update == schooling.updates:
            now = _mean(module, cost, held)
            if now < best:
                best, kept = now, {k: v.detach().clone() for k, v in module.state_dict().items()}
        if update < schooling.updates:
            rate = 0.5 * (1 + math.cos(math.pi * update / schooling.updates))
            _update(optimizer, cost(_batch(taught, schooling.batch)).mean(), schooling.lr * rate)
    module.load_state_dict(kept or module.state_dict())
    module.requires_grad_(False).eval()


def _adam(module: nn.Module, lr: float) -> torch.optim.Adam:
    parameters = list(module.parameters())
    fused = parameters[0].device.type in ("cpu", "cuda")
    return torch.optim.Adam(parameters, lr=lr, fused=fused)


def _batch(codes: Tensor, size: int) -> Tensor:
    return codes[torch.randint(len(codes), (size,)).to(codes.device)]


def _update(optimizer: torch.optim.Optimizer, loss: Tensor, lr: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = lr
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], CLIP)
    optimizer.step()


@torch.no_grad()
def _mean(module: nn.Module, cost: Callable[[Tensor], Tensor], codes: Tensor) -> float:
    module.eval()
    total = sum(cost(part).sum().item() for part in codes.split(ROWS))
    module.train()
    return total / len(codes)
