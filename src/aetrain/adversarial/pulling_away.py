"""How alike the codes of a batch are."""

from torch import Tensor
from torch.nn.functional import normalize


def pulling_away(codes: Tensor) -> Tensor:
    """Return the mean squared cosine of all pairs of codes (B, D), (): 0 where they are orthogonal.

    Of a single code it is 0.

    References:
        Zhao, Mathieu, LeCun: Energy-based generative adversarial networks. 2017.
        https://arxiv.org/abs/1609.03126
    """
    n, directions = len(codes), normalize(codes, dim=1)
    squares = (directions @ directions.T).square()
    return (squares.sum() - squares.diagonal().sum()) / max(1, n * (n - 1))
