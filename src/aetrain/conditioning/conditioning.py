"""How a condition enters the networks of a model."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from aetrain.conditional import Network
from aetrain.conditioning.condition import Condition
from aetrain.errors import UserError

MOST_COLUMNS = 16


class Conditioning(ABC):
    """Turns what makes networks into what makes networks of a condition c as well.

    No model knows of it: encoder, decoder and a prior that wants it share the `Condition` that
    `Autoencoder` sets for each batch. By default c is the one-hot label, and zeros where the label
    is missing.

    Arguments:
        classes: K, of labels from 0 to K − 1; None, where the data are still to be read: 2.
        drop: probability that an example of a training batch is given no condition.
        shape: of a condition that is no label, as the batch's `condition` has it.

    Raises:
        UserError: where a number is out of its range.
    """

    def __init__(
        self,
        *,
        classes: int | None = None,
        drop: float = 0.0,
        shape: Sequence[int] | None = None,
    ) -> None:
        self.classes = 2 if classes is None else classes
        if self.classes < 1:
            raise UserError(f"conditioning.classes={classes}: must be at least 1, or null")
        if not 0 <= drop < 1:
            raise UserError(f"conditioning.drop={drop}: must be at least 0 and below 1")
        self.drop = drop
        self.labels = shape is None
        self.condition = Condition((self.classes,) if shape is None else shape)

    @abstractmethod
    def make(self, network: Network, given: Sequence[torch.Size], out: torch.Size) -> nn.Module:
        """Return a network of what is given and of c.

        Raises:
            UserError: where such a network cannot take a condition in this way.
        """

    def apply(self, network: Network) -> Network:
        """Return what makes conditional networks of a kind."""
        return partial(self.make, network)

    def of_labels(self, y: Tensor) -> Tensor:
        """Return c (B, K) of labels y (B,): one-hot, or zeros where y < 0."""
        return one_hot(y.clamp_min(0), self.classes) * (y >= 0).unsqueeze(-1)

    def of_batch(self, batch: dict[str, Tensor]) -> Tensor:
        """Return c (B, *shape): the batch's own, or that of its labels.

        Raises:
            UserError: where the batch has neither.
        """
        if (own := batch.get("condition")) is not None:
            return own
        if not self.labels:
            raise UserError(
                f"conditioning.shape={list(self.condition.shape)}: the data give no such condition:"
                " set conditioning.shape=null for their labels, or use model=vae conditioning=none"
            )
        if "y" not in batch:
            raise UserError(
                "conditioning: the condition is a label, and there is none in the data: use"
                " dataset=mnist, or set dataset.label to their column (of dataset=array), or use"
                " model=vae conditioning=none"
            )
        return self.of_labels(batch["y"])

    def dropped(self, c: Tensor) -> Tensor:
        """Return c without the conditions that training leaves out, by torch's generators."""
        if self.drop == 0:
            return c
        kept = torch.rand(len(c), device=c.device) >= self.drop
        return c * kept.view(-1, *[1] * (c.dim() - 1))

    def asked(
        self, condition: Tensor | int | None, rows: int, device: torch.device
    ) -> Tensor | None:
        """Return c (rows, *shape) of what a user gives: a class, one for each row, or c itself.

        Raises:
            UserError: for a class that there is not, or another shape.
        """
        shape = self.condition.shape
        if condition is None:
            # a model that was trained without conditions too can do without
            return torch.zeros(rows, *shape, device=device) if self.drop else None
        c = torch.as_tensor(condition, device=device)
        if self.labels and not c.is_floating_point() and c.dim() <= 1:
            self._require_classes(c)
            c = self.of_labels(c)
        if c.shape == shape:
            c = c.expand(rows, *shape)
        if c.shape != (rows, *shape):
            raise UserError(
                f"condition has the shape {tuple(c.shape)}: must be a class, one for each of the"
                f" {rows} examples, or of the shape {(rows, *shape)}"
            )
        return c

    def _require_classes(self, y: Tensor) -> None:
        for k in y.flatten().tolist():
            if not 0 <= k < self.classes:
                raise UserError(f"condition={k}: must be a class from 0 to {self.classes - 1}")

    def shown(self, most: int) -> tuple[Tensor, int]:
        """Return conditions for a sheet of at most so many pictures, a class in each column.

        Returns:
            Labels (n,), and the number of columns.
        """
        columns = min(self.classes, MOST_COLUMNS, most)
        return torch.arange(columns).repeat(most // columns), columns
