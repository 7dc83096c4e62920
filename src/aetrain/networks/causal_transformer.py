"""Blocks of attention in which a token sees itself and those before it."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

KeysValues = tuple[Tensor, Tensor]
"""Keys and values of the tokens so far, (N, heads, T, width / heads) each."""


@final
class CausalAttention(nn.Module):
    """Token t, in each of h heads: the mean Σⱼ softmaxⱼ(qₜ·kⱼ / √d) vⱼ over the tokens j ≤ t.

    Arguments:
        width: numbers of one token.
        heads: h, which divides the width; d = width / h.

    References:
        Vaswani et al.: Attention is all you need. 2017. https://arxiv.org/abs/1706.03762
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.shape = (3, heads, width // heads)
        # a bias of the keys would cancel in the softmax
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.output = nn.Linear(width, width)

    def forward(self, tokens: Tensor, before: KeysValues | None) -> tuple[Tensor, KeysValues]:
        """Map tokens (N, T, width) to the same shape; T is 1 where there are some `before`."""
        q, k, v = self.query_key_value(tokens).unflatten(2, self.shape).permute(2, 0, 3, 1, 4)
        if before is not None:
            k, v = torch.cat([before[0], k], 2), torch.cat([before[1], v], 2)
        mean = scaled_dot_product_attention(q, k, v, is_causal=before is None)
        return self.output(mean.transpose(1, 2).flatten(2)), (k, v)


@final
class CausalBlock(nn.Module):
    """x + attention(norm(x)), then the same with two layers on each token.

    Arguments:
        width: numbers of one token.
        heads: heads of the attention.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = CausalAttention(width, heads)
        self.layers = nn.Sequential(
            *(nn.LayerNorm(width), nn.Linear(width, 4 * width)),
            *(nn.GELU(), nn.Linear(4 * width, width)),
        )

    def forward(self, tokens: Tensor, before: KeysValues | None) -> tuple[Tensor, KeysValues]:
        """Map tokens (N, T, width) to the same shape."""
        seen, now = self.attention(self.norm(tokens), before)
        tokens = tokens + seen
        return tokens + self.layers(tokens), now


@final
class CausalTransformer(nn.Module):
    """Blocks of causal attention and a last norm: (N, T, width) -> the same, t from those up to t.

    All tokens at once, or one after another, each with what the call before it has returned.

    Arguments:
        width: numbers of one token.
        heads: heads of the attention, which divide the width.
        depth: blocks.

    References:
        Radford et al.: Language models are unsupervised multitask learners. 2019.
        https://openai.com/index/better-language-models
    """

    def __init__(self, width: int, heads: int, depth: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(CausalBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(
        self, tokens: Tensor, before: list[KeysValues] | None = None
    ) -> tuple[Tensor, list[KeysValues]]:
        """Map all tokens, or, after some, the next one; return what the next will need, too."""
        now: list[KeysValues] = []
        for block, seen in zip(self.blocks, before or [None] * len(self.blocks), strict=True):
            tokens, keys_values = block(tokens, seen)
            now.append(keys_values)
        return self.norm(tokens), now
