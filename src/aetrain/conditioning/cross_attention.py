"""A condition that features attend to."""

from collections.abc import Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from aetrain.conditional import Network
from aetrain.conditioning.conditioning import Conditioning
from aetrain.conditioning.modulated_network import modulated
from aetrain.errors import UserError


@final
class Attention(nn.Module):
    """h + W Σⱼ softmaxⱼ(q(h)·kⱼ(c) / √E) vⱼ(c) at each place, over T tokens that are made of c.

    Arguments:
        features: C, of h.
        shape: of c.
        tokens: T.
        width: E, of a token.
    """

    def __init__(self, features: int, shape: torch.Size, *, tokens: int, width: int) -> None:
        super().__init__()
        self.tokens = nn.Sequential(
            nn.Linear(shape.numel(), tokens * width), nn.Unflatten(1, (tokens, width))
        )
        self.query = nn.Linear(features, width)
        # a bias of the keys would cancel in the softmax
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, features)

    def forward(self, h: Tensor, c: Tensor) -> Tensor:
        """Map h (N, places, C), c (N, *shape) to (N, places, C)."""
        tokens = self.tokens(c.flatten(1))
        three = self.query(h), self.key(tokens), self.value(tokens)
        # one head: other programs that a model is exported to want to be told
        found = scaled_dot_product_attention(*(part.unsqueeze(1) for part in three))
        return h + self.output(found.squeeze(1))


@final
class CrossAttention(Conditioning):
    """Each place of each hidden layer attends to tokens that are made of c.

    Arguments:
        tokens: how many.
        width: numbers of one.
        classes: as of every `Conditioning`.
        drop: as of every `Conditioning`.
        shape: as of every `Conditioning`.

    Raises:
        UserError: where a number is out of its range.

    References:
        Vaswani et al.: Attention is all you need. 2017. https://arxiv.org/abs/1706.03762
        Rombach, Blattmann, Lorenz, Esser, Ommer: High-resolution image synthesis with latent
        diffusion models. 2022. https://arxiv.org/abs/2112.10752
    """

    def __init__(
        self,
        *,
        tokens: int = 4,
        width: int = 32,
        classes: int | None = None,
        drop: float = 0.0,
        shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(classes=classes, drop=drop, shape=shape)
        for name, value in {"tokens": tokens, "width": width}.items():
            if value < 1:
                raise UserError(f"conditioning.{name}={value}: must be at least 1")
        self.attention = partial(Attention, tokens=tokens, width=width)

    def make(self, network: Network, given: Sequence[torch.Size], out: torch.Size) -> nn.Module:
        """Return a network whose hidden layers attend to c."""
        return modulated(network, given, out, self.condition, self.attention, "cross_attention")
