"""Draws of a model, block by block."""

from collections.abc import Iterator

from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.seeding import SAMPLE, seed_torch

BATCH = 1000


def drawn(
    model: Autoencoder, n: int, *, seed: int = 0, mean: bool = True, stream: int | None = None
) -> Iterator[Tensor]:
    """Yield n samples, (n, *event), in blocks of at most 1,000: no more is ever in memory.

    Arguments:
        model: in evaluation mode; its codes are those of the run's sampler where it has one.
        n: how many.
        seed: of all draws.
        mean: take the mean of p(x|z) instead of a draw.
        stream: None for the samples of `ae sample`; any number for others.
    """
    seed_torch(model.device, SAMPLE, seed, *([] if stream is None else [stream]))
    for start in range(0, n, BATCH):
        p = model.sample(min(BATCH, n - start))
        yield p.mean if mean else p.sample()
