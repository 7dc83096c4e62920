"""Parts that are missing as a whole."""

import math
from typing import final

import torch
from torch import Tensor

from aetrain.corruptions.corruption import Corruption

LONGEST = 2.0
"""Of a rectangle's relative height and width, the larger by the smaller at most."""


@final
class Erase(Corruption):
    """One part of each example becomes 0: a rectangle of an image, else a run of values.

    The part is `level` of the whole in the mean, exactly: lengths that are no whole number are
    rounded up or down by chance. Rectangles have an aspect from ½ to 2, log-uniform, relative to
    the image's own; all places inside of the event are equally likely. All channels go together.

    Arguments:
        level: share of the event that is erased.

    References:
        Zhong, Zheng, Kang, Li, Yang: Random erasing data augmentation. 2017.
        https://arxiv.org/abs/1708.04896
    """

    def __init__(self, level: float = 0.25) -> None:
        super().__init__(level)

    def __call__(self, x: Tensor) -> Tensor:
        """Return x̃, (B, *event); an event (C, H, W) is an image."""
        share = torch.full((len(x),), self.level, device=x.device)
        if x.dim() != 4:
            return x.masked_fill(_interval(share, x[0].numel()).view(x.shape), 0.0)
        # neither side may be longer than the image's
        most = math.log(min(LONGEST, 1 / max(self.level, 1 / LONGEST)))
        aspect = torch.rand_like(share).mul_(2 * most).sub_(most).exp_()
        rows = _interval((share * aspect).sqrt(), x.shape[2])
        columns = _interval((share / aspect).sqrt(), x.shape[3])
        return x.masked_fill(rows[:, None, :, None] & columns[:, None, None, :], 0.0)


def _interval(share: Tensor, size: int) -> Tensor:
    """Return which of `size` places lie in an interval of a share of them, (B, size), for (B,)."""
    length = (share * size + torch.rand_like(share)).floor_().clamp_(max=size)
    start = ((size - length + 1) * torch.rand_like(share)).floor_()
    place = torch.arange(size, device=share.device)
    return (place >= start[:, None]) & (place < (start + length)[:, None])
