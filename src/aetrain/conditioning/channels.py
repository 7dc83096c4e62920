"""A condition as further channels of an image."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from aetrain.conditional import Network
from aetrain.conditioning.conditioned_network import conditioned
from aetrain.conditioning.conditioning import Conditioning


@final
class Channels(Conditioning):
    """Each image that a network is given has c as further channels; a vector has it as values.

    The numbers of a vector c become constant planes; an image c is brought to the other's size.

    References:
        Mirza, Osindero: Conditional generative adversarial nets. 2014.
        https://arxiv.org/abs/1411.1784
    """

    def make(self, network: Network, given: Sequence[torch.Size], out: torch.Size) -> nn.Module:
        """Return a network of images with more channels, or of one more input."""
        shape = self.condition.shape
        planes = shape[0] if len(shape) == 3 else shape.numel()
        images = [_is_image(s) for s in given]
        if not any(images):
            made = network([*given, shape], out)
        else:
            widened = [
                torch.Size((s[0] + planes, *s[1:])) if image else s
                for s, image in zip(given, images, strict=True)
            ]
            made = network(widened, out)
        return conditioned(made, self.condition, together)


def together(given: Sequence[Tensor], c: Tensor) -> Sequence[Tensor]:
    """Return what is given with c as planes of its images, or beside it where there are none."""
    if not any(_is_image(x.shape[1:]) for x in given):
        return (*given, c)
    return [torch.cat([x, _planes(c, x)], 1) if _is_image(x.shape[1:]) else x for x in given]


def _is_image(shape: torch.Size) -> bool:
    return len(shape) == 3


def _planes(c: Tensor, x: Tensor) -> Tensor:
    """Return c (N, ...) as planes (N, C, H, W) of the size of x."""
    size = x.shape[2:]
    if c.dim() == 4:
        return c if c.shape[2:] == size else interpolate(c, size, mode="bilinear")
    return c.flatten(1)[:, :, None, None].expand(-1, -1, *size)
