"""Independent values of a grid with a probability for each level."""

from typing import Any, final

import torch
from torch import Tensor

from aetrain.distributions.elementwise import Elementwise


@final
class GridCategorical(Elementwise):
    """Values k / (K − 1), k = 0 ... K − 1, with P(k) the softmax of K logits.

    Arguments:
        logits: (*batch, K, *event).
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, logits: Tensor, event_dims: int) -> None:
        self.logits, self.axis = logits, -event_dims - 1
        self.top = logits.shape[self.axis] - 1
        super().__init__(logits.select(self.axis, 0).shape, event_dims)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return Σ log P(k), of the batch's shape."""
        index = (value * self.top).round().long().unsqueeze(self.axis)
        split = index.dim() + self.axis
        batch = torch.broadcast_shapes(self.batch_shape, index.shape[:split])
        index = index.expand(*batch, 1, *self.event_shape)
        logits = self.logits.expand(*batch, *self.logits.shape[self.axis :])
        chosen = logits.gather(self.axis, index).squeeze(self.axis)
        return self.total(chosen - self.logits.logsumexp(self.axis))

    @property
    def mean(self) -> Tensor:
        """Σ P(k) k / (K − 1)."""
        return self._moment(self._grid())

    @property
    def variance(self) -> Tensor:
        """E (x − E x)²."""
        return self._moment((self._grid() - self.mean.unsqueeze(self.axis)).square())

    def _moment(self, values: Tensor) -> Tensor:
        return (self.logits.softmax(self.axis) * values).sum(self.axis)

    def _grid(self) -> Tensor:
        """Return the values, shaped to broadcast over the logits."""
        k = torch.arange(self.top + 1, dtype=self.logits.dtype, device=self.logits.device)
        return (k / self.top).reshape(-1, *[1] * len(self.event_shape))

    @torch.no_grad()
    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event), by the inverse distribution function."""
        shape = torch.Size(sample_shape)
        below = self.logits.movedim(self.axis, -1).softmax(-1).cumsum(-1).contiguous()
        u = torch.rand(*below.shape[:-1], shape.numel(), dtype=below.dtype, device=below.device)
        # torch's multinomial would draw a number for each level
        levels = torch.searchsorted(below, u * below[..., -1:], right=True).clamp_max(self.top)
        levels = levels.movedim(-1, 0).reshape(*shape, *levels.shape[:-1])
        return levels.to(self.logits.dtype) / self.top
