"""Distances between sets of features, in bounded memory."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple, final

import torch
from torch import Tensor

CELLS = 10**7
"""Distances that are held at a time."""


@final
class Nearest(NamedTuple):
    """Of each point: the distance to the nearest of another set, (N,), and which it is, (N,)."""

    distance: Tensor
    row: Tensor


def radii(x: Tensor, k: int) -> Tensor:
    """Return each point's distance to its k-th nearest neighbour in the same set, itself left out.

    Arguments:
        x: points (N, F), N above k.
        k: at least 1.
    """
    found: list[Tensor] = []
    for start, distances in _blocks(x, x):
        rows = torch.arange(len(distances))
        distances[rows, start + rows] = math.inf
        found.append(distances.kthvalue(k, 1).values)
    return torch.cat(found)


def within(a: Tensor, b: Tensor, radius: Tensor) -> tuple[Tensor, Tensor]:
    """Return how many balls around points of b hold each point of a, and which balls hold any.

    Arguments:
        a: points (N, F).
        b: centres (M, F).
        radius: of each ball, (M,).

    Returns:
        (N,) whole numbers and (M,) flags.
    """
    counts: list[Tensor] = []
    holds = torch.zeros(len(b), dtype=torch.bool)
    for _, distances in _blocks(a, b):
        inside = distances <= radius
        counts.append(inside.sum(1))
        holds |= inside.any(0)
    return torch.cat(counts), holds


def nearest(points: Tensor, blocks: Iterable[Tensor]) -> Nearest:
    """Return the nearest of many others, which come block by block and are not kept.

    The nearest is found in float32; its distance is then computed anew in float64, so that of
    a copy is 0.

    Arguments:
        points: (N, F).
        blocks: the others, (B, F) each.
    """
    distance = torch.full((len(points),), math.inf, dtype=torch.float64)
    row = torch.zeros(len(points), dtype=torch.int64)
    before = 0
    for block in blocks:
        centre = block.mean(0)
        others = block - centre
        for start in range(0, len(points), step := _rows(len(block))):
            these = slice(start, start + step)
            least = torch.cdist(points[these] - centre, others).argmin(1)
            exact = (points[these].double() - block[least].double()).norm(dim=1)
            nearer = exact < distance[these]
            distance[these] = torch.where(nearer, exact, distance[these])
            row[these] = torch.where(nearer, before + least, row[these])
        before += len(block)
    return Nearest(distance, row)


def _blocks(a: Tensor, b: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Yield where a block of a begins and its distances (B, M) to all of b, in float64."""
    b = b.double()
    for start in range(0, len(a), step := _rows(len(b))):
        yield start, torch.cdist(a[start : start + step].double(), b)


def _rows(columns: int) -> int:
    return max(1, CELLS // columns)
