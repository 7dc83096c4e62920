"""From raw examples to x: scaling, binarisation, dequantisation, batch by batch on the device."""

from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor

from aetrain.data.table import Table
from aetrain.seeding import BINARIZE, generator, mix
from aetrain.values import BINARY, UNIT, Values

Binarize = Literal["auto", "none", "threshold", "static", "dynamic"]


@final
@dataclass(frozen=True)
class Transform:
    """Scale raw values to [0, 1], then binarise or dequantise.

    Arguments:
        raw: the values in the tables; None leaves them as they are.
        binarize: `none`; `threshold`, x > ½; `dynamic`, a Bernoulli draw at each presentation;
            `static`, the same draw each time (made once, by `FixedDraw`).
        dequantize: replace level k of K by a uniform draw from [k/K, (k+1)/K).
    """

    raw: Values | None
    binarize: Binarize = "none"
    dequantize: bool = False

    @property
    def values(self) -> Values | None:
        """The values of x, None where they are not known without looking."""
        if self.raw is None:
            return None
        if self.binarize != "none":
            return BINARY
        if self.dequantize:
            return UNIT
        return Values(0.0, 1.0, self.raw.levels)

    def __call__(self, raw: Tensor) -> Tensor:
        """Map raw examples (B, *event) to x (B, *event) in the default floating-point type."""
        x = raw.to(torch.get_default_dtype())
        if self.raw is None:
            return x
        low, high = self.raw.low, self.raw.high
        if low != 0.0:
            x = x - low
        if self.dequantize and self.binarize == "none":
            levels = self.raw.levels or 1
            spacing = (high - low) / max(1, levels - 1)
            return (x + torch.rand_like(x) * spacing) * (1 / (spacing * levels))
        if high - low != 1.0:
            x = x * (1 / (high - low))
        if self.binarize == "dynamic":
            return (torch.rand_like(x) < x).to(x.dtype)
        if self.binarize == "threshold":
            return (x > 0.5).to(x.dtype)
        return x


def chosen_binarize(binarize: Binarize, raw: Values | None, support: Values) -> Binarize:
    """Return what `auto` stands for: dynamic for grey data under a binary likelihood, else none."""
    if binarize != "auto":
        return binarize
    grey = raw is not None and raw.levels != 2
    return "dynamic" if grey and support == BINARY else "none"


@final
@dataclass(frozen=True)
class FixedDraw:
    """A table of one Bernoulli draw of every example: a function of (seed, index), device or not.

    Arguments:
        table: raw examples.
        raw: their values.
        seed: of the draw.
    """

    table: Table
    raw: Values
    seed: int

    @property
    def event(self) -> torch.Size:
        """The shape of one example."""
        return self.table.event

    @property
    def y(self) -> Tensor | None:
        """The table's labels."""
        return self.table.y

    def __len__(self) -> int:
        return len(self.table)

    def read(self, indices: Tensor) -> Tensor:
        """Return the drawn examples, 0 or 1 as uint8, (B, *event)."""
        x = (self.table.read(indices).float() - self.raw.low) / (self.raw.high - self.raw.low)
        draws = torch.empty_like(x, dtype=torch.uint8)
        source = generator()
        for row, index in enumerate(indices.tolist()):
            source.manual_seed(mix(BINARIZE, self.seed, index))
            draws[row] = torch.rand(x.shape[1:], generator=source) < x[row]
        return draws
