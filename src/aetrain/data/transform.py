"""From raw examples to x: scaling, binarisation, dequantisation, batch by batch on the device."""

import math
from dataclasses import dataclass
from typing import Literal, final, get_args

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.values import BINARY, UNIT, Values

Binarize = Literal["auto", "none", "threshold", "static", "dynamic"]
BINARIZE_CHOICES: tuple[str, ...] = get_args(Binarize)
EXPLICIT = ("threshold", "static", "dynamic")


@final
@dataclass(frozen=True)
class Transform:
    """Scale raw values to [0, 1], then binarise or dequantise.

    Arguments:
        raw: the values in the tables; None leaves them as they are.
        binarize: `none`; `threshold`, x > ½; `dynamic`, a Bernoulli draw at each presentation;
            `static`, the same draw each time (made once, by `FixedDraw`).
        dequantize: replace level k of K by a uniform draw from [k/K, (k+1)/K).
        scale: False leaves the values as they are, for likelihoods of counts.
    """

    raw: Values | None
    binarize: Binarize = "none"
    dequantize: bool = False
    scale: bool = True

    @property
    def values(self) -> Values | None:
        """The values of x, None where they are not known without looking."""
        if self.raw is None or not self.scale:
            return self.raw
        if self.binarize != "none":
            return BINARY
        if self.dequantize:
            return UNIT
        return Values(0.0, 1.0, self.raw.levels)

    def __call__(self, raw: Tensor) -> Tensor:
        """Map raw examples (B, *event) to x (B, *event) in the default floating-point type."""
        dtype = torch.get_default_dtype()
        x = raw.to(torch.promote_types(dtype, torch.float32))  # half of it would merge levels
        if self.raw is None or not self.scale:
            return x.to(dtype)
        return self._mapped(x, self.raw).to(dtype)

    def inverse(self, x: Tensor) -> Tensor:
        """Return numbers on the raw values' scale, such as 127.5 for a mean of 0.5 of bytes.

        What binarising or dequantising has drawn is not undone; a dequantised (k + ½)/K becomes
        level k.
        """
        if self.raw is None or not self.scale:
            return x
        low, width, levels = self.raw.low, self.raw.high - self.raw.low, self.raw.levels
        if self.dequantize and levels:
            return (x * levels - 0.5) * (width / max(1, levels - 1)) + low
        return x * width + low

    def _mapped(self, x: Tensor, raw: Values) -> Tensor:
        width = raw.high - raw.low
        if raw.low != 0.0:
            x = x - raw.low
        if self.dequantize and raw.levels:
            return _dequantized(x, width / max(1, raw.levels - 1), raw.levels)
        if width != 1.0:
            x = x * (1 / width)
        if self.binarize == "dynamic":
            return torch.rand_like(x).lt_(x)  # 1 where the draw is below x, else 0
        if self.binarize == "threshold":
            return (x > 0.5).to(x.dtype)
        return x


def _dequantized(x: Tensor, spacing: float, levels: float) -> Tensor:
    """Return (k + u)/K for x = k · spacing and u uniform in [0, 1).

    u ends a few roundings below 1: the sum k + u, rounded, would otherwise reach k + 1.
    """
    below = 1 - 4 * levels * torch.finfo(x.dtype).eps
    noise = torch.rand_like(x).mul_(spacing * below)
    return noise.add_(x).mul_(1 / (spacing * levels))


def chosen_transform(
    binarize: Binarize, dequantize: bool, raw: Values | None, support: Values
) -> Transform:
    """Return the transform for data with these raw values under a likelihood's support.

    `auto` stands for dynamic where the data are grey and the likelihood is binary, else for none.
    Numbers stay as they stand in the tables for a likelihood of counts, and where they have no end.

    Raises:
        UserError: for what data of such values do not allow, and for two things at once.
    """
    if support.counts:
        return _unscaled(binarize, dequantize, raw)
    endless = raw is not None and math.isinf(raw.high - raw.low)
    if (raw is None or endless) and (binarize in EXPLICIT or dequantize):
        raise UserError(
            f"dataset: the range of the values is {'without an end' if endless else 'not known'},"
            " so they cannot be binarised or dequantised: declare it, such as dataset.range=[0,1]"
        )
    if endless:
        return Transform(raw, scale=False)
    if dequantize and (raw is None or raw.levels is None):
        raise UserError("dataset.dequantize=true: the data are continuous already; leave it out")
    if binarize == "auto":
        grey = raw is not None and raw.levels != 2
        binarize = "dynamic" if grey and support == BINARY else "none"
    if dequantize and binarize != "none":
        raise UserError(
            f"dataset.dequantize=true: spreads levels for a density, but binarize={binarize} makes"
            " two values of them; leave one of them out, or use likelihood=gaussian"
        )
    return Transform(raw, binarize, dequantize)


def _unscaled(binarize: Binarize, dequantize: bool, raw: Values | None) -> Transform:
    if dequantize or binarize in EXPLICIT:
        asked = "dataset.dequantize=true" if dequantize else f"dataset.binarize={binarize}"
        raise UserError(
            f"{asked}: the likelihood counts whole numbers, which are left as they are in the"
            " data; leave it out, or choose another likelihood"
        )
    return Transform(raw, scale=False)
