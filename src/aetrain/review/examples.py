"""Test examples with what the model makes of them."""

from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.data.module import DataModule
from aetrain.data_of import chosen_rows
from aetrain.figures.tiles import is_image


@final
class Examples(NamedTuple):
    """Examples of the test split, on the CPU.

    Attributes:
        rows: where they stand in it, (N,).
        codes: means of q(z|x), flattened, (N, D) float32.
        y: labels (N,), below 0 where there is none; None of data without labels.
        images: (N, C, H, W), or None of data that are no images.
        probabilities: p(y|x), (N, K), of a model that names classes, else None.
    """

    rows: Tensor
    codes: Tensor
    y: Tensor | None
    images: Tensor | None
    probabilities: Tensor | None


@torch.no_grad()
def gathered(model: Autoencoder, data: DataModule, most: int, device: torch.device) -> Examples:
    """Encode at most so many random test examples, block by block."""
    rows = chosen_rows(data, "test", most, model.seed)
    codes, y, images, probabilities = ([] for _ in range(4))
    for batch in data.blocks_of("test", rows, device):
        x = batch["x"].to(model.dtype)
        with model.conditioned(batch):
            codes.append(model.encode(x).mean.flatten(1).float().cpu())
            named = model.class_probabilities(x)
        if named is not None:
            probabilities.append(named.float().cpu())
        if is_image(x.shape[1:]):
            images.append(x.float().cpu())
        if "y" in batch:
            y.append(batch["y"].cpu())
    return Examples(rows, torch.cat(codes), *map(_joined, (y, images, probabilities)))


def _joined(parts: list[Tensor]) -> Tensor | None:
    return torch.cat(parts) if parts else None
