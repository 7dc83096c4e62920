"""What a trained run and its data give to the comparison."""

import time
from typing import NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.data.module import DataModule
from aetrain.evaluation.manifold.rivals import Examples, Placement
from aetrain.figures.projection import project


@final
class Points(NamedTuple):
    """Examples in memory, x (N, *event) on the CPU as the model sees them, y (N,) or None."""

    x: Tensor
    y: Tensor | None


def gathered(data: DataModule, split: str, rows: Tensor, dtype: torch.dtype) -> Points:
    """Return rows of a split."""
    batches = list(data.blocks_of(split, rows, torch.device("cpu")))
    x = torch.cat([batch["x"].to(dtype) for batch in batches])
    return Points(x, torch.cat([b["y"] for b in batches]) if "y" in batches[0] else None)


def examples_of(shown: Points, train: Points, *, neighbours: int, seed: int) -> Examples:
    """Return what the rivals are given; training points without a label are left out, if any has.

    A method that needs classes gets those of the training points; -1 is no class.
    """
    x, y = (None if a is None else a.numpy() for a in (train.x.flatten(1).double(), train.y))
    assert x is not None
    known = slice(None) if y is None or not (y >= 0).any() else y >= 0
    return Examples(
        shown.x.flatten(1).double().numpy(),
        None if shown.y is None else shown.y.numpy(),
        x[known],
        None if y is None or not (y >= 0).any() else y[known],
        neighbours,
        seed,
    )


@torch.no_grad()
def own_placements(
    model: Autoencoder, x: Tensor, block: int = 500
) -> list[tuple[str, Placement, float]]:
    """Return name, placement and seconds of a run's code, and of its plane where it has more axes.

    The code is the mean of q(z|x); the plane its two principal axes, as in the figures of training.
    """
    started = time.perf_counter()
    parts = [part.to(model.device) for part in x.split(block)]
    codes = torch.cat([model.encode(part).mean.flatten(1).cpu() for part in parts])
    seconds = time.perf_counter() - started
    errors = [(model.reconstruct(p) - p).flatten(1).double().square().sum(1) for p in parts]
    error = torch.cat(errors).mean().item()
    points, shares = project(codes)
    full = Placement(codes.double().numpy(), error, "seconds are those of encoding")
    if shares is None:
        return [("run", full, seconds)]
    note = f"{float(shares.sum()):.0%} of the code's variance"
    return [
        ("run, plane", Placement(points.double().numpy(), None, note), seconds),
        ("run, code", full, seconds),
    ]


def in_plane(points: np.ndarray) -> Tensor:
    """Return points (N, 1) or (N, 2) as (N, 2)."""
    flat = torch.from_numpy(np.ascontiguousarray(points)).double()
    return torch.cat([flat, torch.zeros_like(flat)], 1)[:, :2]
