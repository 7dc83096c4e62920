"""Images whose pixels are drawn one after another."""

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.families import full_precision

Step = Callable[[Tensor, Tensor], Distribution]
"""(condition (N, ...), x (N, *event)) -> the distributions of all pixels, each from those before
it; batch shape (N,)."""


@final
class Autoregressive(Distribution):
    """Π p(xᵢ | x₁ ... xᵢ₋₁, h) over the pixels of an image in raster order.

    The density costs one pass, a draw or the mean one pass for each pixel.

    Arguments:
        step: the distributions of all pixels, given those before.
        condition: h, (N, ...), where N is the product of the batch's dimensions.
        batch: batch shape.
        event: event shape (C, H, W) or (D,).
    """

    def __init__(self, step: Step, condition: Tensor, batch: torch.Size, event: torch.Size) -> None:
        self.step, self.condition = step, condition
        super().__init__(batch, event, validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(x | h), of the batch's shape, x broadcasting to (..., *batch, *event)."""
        dims = len(self.event_shape)
        batch = torch.broadcast_shapes(self.batch_shape, value.shape[: value.dim() - dims])
        x = value.expand(*batch, *self.event_shape).reshape(-1, *self.event_shape)
        return self.step(self._expanded(batch), x).log_prob(x).reshape(batch)

    @torch.no_grad()
    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event), pixel by pixel."""
        return self._filled(torch.Size(sample_shape), lambda d: d.sample())

    @property
    @torch.no_grad()
    def mean(self) -> Tensor:
        """Each pixel's mean given the means of those before it; no mean of the whole is known."""
        return self._filled(torch.Size(), lambda d: d.mean)

    def _filled(self, sample_shape: torch.Size, value: Callable[[Distribution], Tensor]) -> Tensor:
        batch = sample_shape + self.batch_shape
        h = self._expanded(batch)
        x = full_precision(h).new_zeros(len(h), *self.event_shape)
        pixels = x.flatten(-2) if x.dim() == 4 else x.unsqueeze(1)  # (N, C, pixels), views of x
        for i in range(pixels.shape[-1]):
            pixels[..., i] = value(self.step(h, x)).reshape(pixels.shape)[..., i]
        return x.reshape(*batch, *self.event_shape)

    def _expanded(self, batch: torch.Size) -> Tensor:
        own, shape = self.batch_shape, self.condition.shape[1:]
        return self.condition.reshape(*own, *shape).expand(*batch, *shape).reshape(-1, *shape)
