"""Codes of a data set's examples, with their labels."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.data.module import DataModule

Watch = Callable[[Iterable[Any]], Iterable[Any]]
"""What a loop's iterable is passed through, such as a progress bar."""


@final
class Codes(NamedTuple):
    """Examples as the model sees them, float32 on the CPU.

    Attributes:
        z: means of q(z|x), flattened, (N, D).
        y: labels (N,), or None where there are none.
    """

    z: Tensor
    y: Tensor | None

    def labelled(self) -> "Codes":
        """Return the examples whose label is known (not negative)."""
        assert self.y is not None
        known = self.y >= 0
        return Codes(self.z[known], self.y[known])


@torch.no_grad()
def encoded(
    model: Autoencoder,
    data: DataModule,
    split: str,
    rows: Tensor,
    device: torch.device,
    watch: Watch = iter,
) -> Codes:
    """Return the codes of rows of a split, block by block: only codes and one block are held."""
    z: list[Tensor] = []
    y: list[Tensor] = []
    for batch in watch(data.blocks_of(split, rows, device)):
        with model.conditioned(batch):
            mean = model.encode(batch["x"].to(model.dtype)).mean
        z.append(mean.flatten(1).to("cpu", torch.float32))
        if "y" in batch:
            y.append(batch["y"].cpu())
    return Codes(torch.cat(z), torch.cat(y) if y else None)
