"""Blocks of attention between tokens."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import final

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from aetrain.errors import UserError


@final
class SelfAttention(nn.Module):
    """Each token, in each of h heads, the mean Σⱼ softmaxⱼ(qᵢ·kⱼ / √d) vⱼ over all tokens j.

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

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (B, N, width) to the same shape."""
        q, k, v = self.query_key_value(tokens).unflatten(2, self.shape).permute(2, 0, 3, 1, 4)
        return self.output(scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


@final
class Block(nn.Module):
    """x + attention(norm(x)), then the same with two layers on each token.

    Arguments:
        width: numbers of one token.
        heads: heads of the attention.
        nonlinearity: makes the nonlinearity between the two layers, which is 4 widths wide.

    References:
        Xiong et al.: On layer normalization in the transformer architecture. 2020.
        https://arxiv.org/abs/2002.04745
    """

    def __init__(self, width: int, heads: int, nonlinearity: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(width), SelfAttention(width, heads))
        self.layers = nn.Sequential(
            *(nn.LayerNorm(width), nn.Linear(width, 4 * width)),
            *(nonlinearity(), nn.Linear(4 * width, width)),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (B, N, width) to the same shape."""
        tokens = tokens + self.attention(tokens)
        return tokens + self.layers(tokens)


def require_heads(heads: int, widths: Sequence[int]) -> None:
    """Refuse widths that the heads do not divide, and 1, whose norm is 0 whatever the number.

    Raises:
        UserError: naming both, and a remedy.
    """
    if any(width % heads or width < 2 for width in widths):
        raise UserError(
            f"network.heads={heads}: must divide each of network.hidden={list(widths)}, which must"
            f" be at least 2, such as network.hidden=[{16 * heads}]"
        )


def blocks(
    widths: Sequence[int], depth: int, heads: int, nonlinearity: Callable[[], nn.Module]
) -> nn.Sequential:
    """Return `depth` blocks of each width, with a linear layer between widths, and a last norm."""
    made: list[nn.Module] = []
    for width, following in pairwise([*widths, widths[-1]]):
        made += [Block(width, heads, nonlinearity) for _ in range(depth)]
        if following != width:
            made.append(nn.Linear(width, following))
    return nn.Sequential(*made, nn.LayerNorm(widths[-1]))
