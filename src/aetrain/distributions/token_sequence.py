"""Sequences of integers, drawn one after another."""

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.families import full_precision


@final
class TokenSequence(Distribution):
    """Π p(iₜ | i₁ ... iₜ₋₁) over the T integers of an event, each from 0 to K − 1.

    Arguments:
        logits: integers (N, T) -> logits (N, T, K) of each from those before it.
        draw: N -> N draws, (N, T).
        event: event shape, of T elements, the last of which runs fastest.
    """

    def __init__(
        self,
        logits: Callable[[Tensor], Tensor],
        draw: Callable[[int], Tensor],
        event: torch.Size,
    ) -> None:
        self.logits, self.draw = logits, draw
        super().__init__(torch.Size(), event, validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log mass, (...,), of int64 tensors (..., *event)."""
        batch = value.shape[: value.dim() - len(self.event_shape)]
        tokens = value.reshape(-1, self.event_shape.numel())
        log_p = torch.log_softmax(full_precision(self.logits(tokens)), -1)
        return log_p.gather(2, tokens.unsqueeze(2)).sum((1, 2)).reshape(batch)

    @torch.no_grad()
    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *event), int64."""
        shape = torch.Size(sample_shape)
        return self.draw(shape.numel()).reshape(*shape, *self.event_shape)
