"""The class changes while the code stays."""

from typing import TYPE_CHECKING

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.samples import samples
from aetrain.player import Batch

if TYPE_CHECKING:
    from aetrain.autoencoder import Autoencoder  # it imports pyplot, by Lightning

MOST = 64
MOST_CLASSES = 15


@torch.no_grad()
def classes(model: "Autoencoder", batch: Batch) -> Figure:
    """Draw examples in the first column, and beside each its code decoded under each class.

    Raises:
        ValueError: for a model without a condition.
    """
    if (conditioning := model.conditioning) is None:
        raise ValueError("only a conditional model has classes to decode under")
    shown = min(conditioning.classes, MOST_CLASSES)
    rows = min(MOST // (shown + 1), len(batch["x"]))
    few = {name: part[:rows] for name, part in batch.items()}
    x = few["x"].to(model.dtype)
    with model.conditioned(few):
        z = model.encode(x).mean
    columns = [x]
    for k in range(shown):
        with model.under(k, rows):
            columns.append(model.decode(z).mean)
    sheet = torch.stack(columns, 1).flatten(0, 1)
    title = "examples, and their codes under each class"
    return samples(_cpu(sheet), title=title, columns=shown + 1)


def _cpu(x: Tensor) -> Tensor:
    return x.detach().float().cpu()
