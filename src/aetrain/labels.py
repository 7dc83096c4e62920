"""Labels that may be missing: y < 0 stands for an example without one."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from aetrain.data.module import DataModule
from aetrain.errors import UserError
from aetrain.player import Batch


def labels_of(batch: Batch, model: str) -> Tensor:
    """Return y (B,), below 0 where there is no label.

    Raises:
        UserError: where the data have no labels at all.
    """
    if "y" not in batch:
        raise UserError(
            f"model={model} needs labels, and this data set has none: use dataset=mnist, or set"
            " dataset.label to their column, or use model=aae"
        )
    return batch["y"]


def require_labels(data: DataModule, classes: int) -> None:
    """Refuse training labels that are not among the classes.

    Raises:
        UserError: naming the largest label.
    """
    y = data.tables["train"].y
    if y is not None and (largest := int(y.max())) >= classes:
        raise UserError(
            f"model.classes={classes}: there is a label {largest}, and labels count from 0: set"
            f" model.classes={largest + 1}"
        )


def one_hot_or_none(y: Tensor, classes: int, kind: torch.dtype) -> Tensor:
    """Return y (B,) as (B, classes + 1): the last place stands for no label."""
    return one_hot(torch.where(y < 0, classes, y), classes + 1).to(kind)
