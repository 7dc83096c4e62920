"""What a data set is before any batch is made of it: tables of raw examples, by split."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from aetrain.values import Values


class Table(Protocol):
    """Raw examples of one event shape, readable by index."""

    @property
    def event(self) -> torch.Size:
        """The shape of one example: (C, H, W) for images, (D,) for vectors."""
        ...

    @property
    def y(self) -> Tensor | None:
        """Labels, int64 (N,), or None."""
        ...

    def __len__(self) -> int: ...

    def read(self, indices: Tensor) -> Tensor:
        """Return the raw examples (B, *event), uint8 or float32, for indices (B,) int64."""
        ...


@dataclass(frozen=True)
class Memory:
    """A table that lives in memory as one tensor: x (N, *event), uint8 or float32."""

    x: Tensor
    y: Tensor | None = None

    @property
    def event(self) -> torch.Size:
        """The shape of one example."""
        return self.x.shape[1:]

    def __len__(self) -> int:
        return len(self.x)

    def read(self, indices: Tensor) -> Tensor:
        """Return x[indices]."""
        return self.x.index_select(0, indices)


@dataclass(frozen=True)
class Factors:
    """What made the examples, where that is known: values (N, F) int64, and the F factors' names.

    Value v of a factor is its v-th, counted from 0; each factor takes at least two values.
    """

    values: Tensor
    names: tuple[str, ...]

    @classmethod
    def varying(cls, values: Tensor, names: Sequence[str]) -> "Factors | None":
        """Return the factors that take more than one value; None where there is none."""
        kept = [i for i, column in enumerate(values.unbind(1)) if (column != column[0]).any()]
        return cls(values[:, kept], tuple(names[i] for i in kept)) if kept else None


@dataclass(frozen=True)
class Splits:
    """The tables of a data set; a split that its makers did not provide is None.

    `raw` gives the values as they stand in the tables (bytes: 0 to 255, 256 levels), before they
    are scaled; None where they are to be left as they are. `factors` are those of `train`.
    """

    train: Table
    valid: Table | None = None
    test: Table | None = None
    raw: Values | None = None
    classes: list[str] = field(default_factory=list)
    factors: Factors | None = None


class Source(Protocol):
    """Where a data set comes from: cheap to make, reads nothing before `load`."""

    @property
    def raw(self) -> Values | None:
        """The values in the tables where they are known before reading, else None."""
        ...

    @property
    def event(self) -> torch.Size | None:
        """The shape of one example where it is known before reading, else None."""
        ...

    def load(self) -> Splits:
        """Read the data. Raises UserError naming the file and the remedy."""
        ...
