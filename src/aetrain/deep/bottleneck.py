"""Convolutional blocks that are narrow in the middle."""

from collections.abc import Callable

import torch
from torch import nn

from aetrain.networks.resnet import Residual

Maker = Callable[[], nn.Module]


def bottleneck(
    given: int, inner: int, out: int, size: tuple[int, int], nonlinearity: Maker, gain: float = 1.0
) -> nn.Sequential:
    """Return φ, 1x1, φ, 3x3, φ, 3x3, φ, 1x1 from (B, given, *size) to (B, out, *size).

    At sizes up to 2x2 all are 1x1, since a 3x3 would see little but its padding.

    Arguments:
        given: channels of the input.
        inner: channels between.
        out: channels of the output.
        size: height and width.
        nonlinearity: makes φ.
        gain: what the last layer begins multiplied with.

    References:
        Child: Very deep VAEs generalize autoregressive models. 2021.
        https://arxiv.org/abs/2011.10650
    """
    kernel = 3 if max(size) > 2 else 1
    layers: list[nn.Module] = []
    for depth_in, depth_out, k in [(given, inner, 1), *2 * [(inner, inner, kernel)]]:
        layers += [nonlinearity(), nn.Conv2d(depth_in, depth_out, k, padding=k // 2)]
    return nn.Sequential(*layers, nonlinearity(), scaled(nn.Conv2d(inner, out, 1), gain))


def residual(
    width: int, inner: int, size: tuple[int, int], nonlinearity: Maker, gain: float
) -> Residual:
    """Return x + a bottleneck of x, whose share begins scaled by `gain`."""
    branch = bottleneck(width, inner, width, size, nonlinearity)
    return Residual(nn.Identity(), list(branch), gain)


@torch.no_grad()
def scaled(conv: nn.Conv2d, gain: float) -> nn.Conv2d:
    """Return a convolution whose weights, and bias, are multiplied by a number."""
    for parameter in conv.parameters():
        parameter.mul_(gain)
    return conv
