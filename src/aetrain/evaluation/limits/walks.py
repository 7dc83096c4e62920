"""Straight ways between two examples, in pixels and in codes."""

from collections.abc import Callable

import torch
from torch import Tensor

from aetrain.evaluation.limits.judge import Judge
from aetrain.seeding import EVALUATE, generator

STEPS = 11


def pairs_of(y: Tensor, most: int, seed: int) -> Tensor:
    """Return rows of pairs of examples of different classes, (P, 2), each row at most once.

    Arguments:
        y: classes (N,).
        most: of the pairs.
        seed: of the choice.
    """
    order = torch.randperm(len(y), generator=generator(EVALUATE, seed, len(y)))
    pairs = order[: len(order) // 2 * 2].view(-1, 2)
    return pairs[y[pairs[:, 0]] != y[pairs[:, 1]]][:most]


def line(a: Tensor, b: Tensor, steps: int = STEPS) -> Tensor:
    """Return (1 − t) a + t b, (P, T, ...), at T equal steps of t, for ends (P, ...)."""
    t = torch.linspace(0, 1, steps, dtype=a.dtype, device=a.device)
    t = t.view(1, -1, *[1] * (a.dim() - 1))
    return (1 - t) * a.unsqueeze(1) + t * b.unsqueeze(1)


def along(judge: Judge, ways: Tensor) -> Tensor:
    """Return the judge's confidence at each step of ways (P, T, *event), (P, T)."""
    return judge.probabilities(ways.flatten(0, 1)).amax(1).view(ways.shape[:2])


def decoded(decode: Callable[[Tensor], Tensor], ways: Tensor) -> Tensor:
    """Return decodes (P, T, *event) of ways of codes (P, T, *latent)."""
    return decode(ways.flatten(0, 1)).unflatten(0, ways.shape[:2])


def between(confidences: Tensor) -> dict[str, Tensor]:
    """Return what confidence there is between the ends of each way, (P,), from (P, T), T odd.

    `middle` at half of the way, `lowest` of all steps but the ends, `lost` the mean of both ends
    less that of the middle: in pixels the ends are examples, in codes reconstructions, which may
    be less clear from the start.
    """
    middle = confidences[:, confidences.shape[1] // 2]
    ends = (confidences[:, 0] + confidences[:, -1]) / 2
    lowest = confidences[:, 1:-1].amin(1)
    return {"middle": middle, "lowest": lowest, "lost": ends - middle}
