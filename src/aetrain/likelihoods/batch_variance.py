"""The error variance of the batch at hand, and a memory of it."""

from typing import final

import torch
import torch.distributed as dist
from torch import Tensor, nn

KEPT = 0.99


@final
class BatchVariance(nn.Module):
    """σ² = the mean squared error of a batch over examples and values, at least `minimum`².

    An exponential average over the steps, the buffer `kept`, stands for it in evaluation, so that
    no example's score depends on those beside it. Several processes share their errors.

    Arguments:
        minimum: lower bound on σ.
    """

    kept: Tensor

    def __init__(self, minimum: float) -> None:
        super().__init__()
        self.minimum = minimum
        self.register_buffer("kept", torch.ones(()))

    @property
    def scale(self) -> Tensor:
        """σ from the average over the steps."""
        return self.kept.to(torch.promote_types(self.kept.dtype, torch.float32)).sqrt()

    @torch.no_grad()
    def forward(self, square: Tensor) -> Tensor:
        """Return σ² of squared errors of any shape, and remember it."""
        if dist.is_available() and dist.is_initialized():
            sums = torch.stack([square.sum(), square.new_full((), float(square.numel()))])
            dist.all_reduce(sums)
            variance = sums[0] / sums[1]
        else:
            variance = square.mean()
        variance = variance.clamp_min(self.minimum**2)
        self.kept.lerp_(variance.to(self.kept.dtype), 1 - KEPT)
        return variance

    @torch.no_grad()
    def begin(self, x: Tensor) -> None:
        """Begin with the variance of examples (N, *event) around their mean."""
        self.kept.copy_((x - x.mean(0)).square().mean().clamp_min(self.minimum**2))
