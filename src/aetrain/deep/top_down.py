"""The way down of a deep hierarchy: layer after layer of latent maps, size after size."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aetrain.deep.bottleneck import Maker, bottleneck, residual, scaled
from aetrain.deep.bottom_up import inner_width
from aetrain.deep.levels import Level
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.hierarchy import Hierarchy
from aetrain.families import full_precision, soft_bound

LOG_SCALE_BOUND = 10.0
SMALL = 0.1
"""What the layers that put out p and q begin multiplied with: p near N(0, I), and q near p."""


@final
class Layer(nn.Module):
    """One layer of latents: p(z | h), q(z | h, d), and what z does to h.

    Arguments:
        level: its size and width.
        channels: of z.
        inner: channels within a bottleneck.
        nonlinearity: makes φ.
        gain: of what is added to h.
    """

    def __init__(
        self, level: Level, channels: int, inner: int, nonlinearity: Maker, gain: float
    ) -> None:
        super().__init__()
        width, size = level.width, level.size
        self.channels = channels
        self.p = bottleneck(width, inner, 2 * channels + width, size, nonlinearity, SMALL * gain)
        self.q = bottleneck(2 * width, inner, 2 * channels, size, nonlinearity, SMALL)
        self.project = scaled(nn.Conv2d(channels, width, 1), gain)
        self.residual = residual(width, inner, size, nonlinearity, gain)

    def prior(self, h: Tensor) -> tuple[DiagonalNormal, Tensor]:
        """Return p(z | h), and h with what was computed beside it, for h (N, width, *size)."""
        own, more = self.p(h).tensor_split([2 * self.channels], 1)
        loc, raw_scale = full_precision(own).chunk(2, 1)
        return DiagonalNormal(loc, soft_bound(raw_scale, LOG_SCALE_BOUND), 3), h + more

    def posterior(self, h: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
        """Return location and log scale of q(z | h, d), or what is to be added to those of p."""
        loc, raw_scale = full_precision(self.q(torch.cat([h, d], 1))).chunk(2, 1)
        return loc, soft_bound(raw_scale, LOG_SCALE_BOUND)

    def forward(self, h: Tensor, z: Tensor) -> Tensor:
        """Return h with z in it."""
        return self.residual(h + self.project(z))


@final
class Grow(nn.Module):
    """From one level to the next larger: each place becomes a square, and a learned map is added.

    Every place of the square has weights of its own, so that one place of the smallest map can say
    what is where.
    """

    def __init__(self, level: Level, larger: Level) -> None:
        super().__init__()
        stride = 2 ** (level.halved - larger.halved)
        self.spread = nn.ConvTranspose2d(level.width, larger.width, stride, stride)
        self.bias = start(larger)
        self.size = larger.size

    def forward(self, h: Tensor) -> Tensor:
        """Map (N, width, *size) to the larger level's."""
        rows, columns = self.size
        return self.spread(h)[..., :rows, :columns] + self.bias


def start(level: Level) -> nn.Parameter:
    """Return what a level adds of its own, (width, *size)."""
    return nn.Parameter(SMALL * torch.randn(level.width, *level.size))


@final
class TopDown(Hierarchy):
    """zₗ ~ N(μ(h), σ²(h)) or, where x is known, q(zₗ | h, d); h ← h + f(h, zₗ).

    The top's h is a learned map. With `relative`, q = N(μ + Δμ, (σ Δσ)²), with Δμ and Δσ from h and
    the way up's map d; else q has a location and a scale of its own.

    Arguments:
        levels: from the largest.
        channels: of each latent map.
        ratio: channels within a bottleneck, as a fraction of those outside.
        nonlinearity: makes φ.
        gain: of what each layer adds to h.
        relative: whether q is relative to p.

    References:
        Vahdat, Kautz: NVAE: a deep hierarchical variational autoencoder. 2020.
        https://arxiv.org/abs/2007.03898
        Child: Very deep VAEs generalize autoregressive models. 2021.
        https://arxiv.org/abs/2011.10650
    """

    def __init__(
        self,
        levels: Sequence[Level],
        channels: int,
        ratio: float,
        nonlinearity: Maker,
        gain: float,
        *,
        relative: bool = True,
    ) -> None:
        super().__init__()
        self.levels = list(levels)[::-1]
        self.relative = relative
        self.top = start(self.levels[0])
        self.grow = nn.ModuleList(
            Grow(one, larger) for one, larger in zip(self.levels, self.levels[1:], strict=False)
        )
        self.layers = nn.ModuleList(
            Layer(level, channels, inner_width(level, ratio), nonlinearity, gain)
            for level in self.levels
            for _ in range(level.blocks)
        )
        self.level_of = [i for i, level in enumerate(self.levels) for _ in range(level.blocks)]
        self.shapes = [torch.Size((channels, *self.levels[i].size)) for i in self.level_of]

    def begin(self, n: int) -> Tensor:
        """Return the top's map, (n, width, *size)."""
        return self.top.expand(n, *self.top.shape)

    def prior(self, layer: int, state: Tensor) -> tuple[DiagonalNormal, Tensor]:
        """Return p(zₗ | h), and h with what was computed beside it."""
        return self.layers[layer].prior(state)  # pyright: ignore

    def posterior(
        self, layer: int, state: Tensor, prior: Distribution, evidence: Sequence[Tensor]
    ) -> DiagonalNormal:
        """Return q(zₗ | h, d)."""
        d = evidence[self.level_of[layer]]
        loc, log_scale = self.layers[layer].posterior(state, d)  # pyright: ignore
        if self.relative:
            assert isinstance(prior, DiagonalNormal)
            loc, log_scale = prior.loc + loc, prior.log_scale + log_scale
        return DiagonalNormal(loc, log_scale, 3)

    def below(self, layer: int, state: Tensor, z: Tensor) -> Tensor:
        """Return h with zₗ in it, of the next layer's size."""
        h, level = self.layers[layer](state, z), self.level_of[layer]
        last = layer + 1 == len(self.layers)
        return h if last or self.level_of[layer + 1] == level else self.grow[level](h)
