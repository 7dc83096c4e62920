"""Short codes."""

from typing import final

from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.regularisers.regulariser import Regulariser


@final
class CodeNorm(Regulariser):
    """`code_norm` = ½ |z|², (B,), what a standard normal prior says of a code, but a constant.

    Arguments:
        encoder: of no use here.
        decoder: of no use here.

    References:
        Ghosh, Sajjadi, Vergari, Black, Schölkopf: From variational to deterministic autoencoders.
        2020. https://arxiv.org/abs/1903.12436
    """

    def __init__(self, encoder: Conditional, decoder: Conditional) -> None:
        del encoder, decoder

    def terms(self, x: Tensor, inference: Inference) -> Terms:
        """Return the cost of the pass's codes."""
        return {"code_norm": _half_square(inference.z[0])}

    def figures(self, x: Tensor, inference: Inference) -> dict[str, Tensor]:
        """Return the same."""
        return {"code_norm": _half_square(inference.z[0])}


def _half_square(z: Tensor) -> Tensor:
    """Return ½ |z|², (B,), for z (B, *latent)."""
    return 0.5 * z.flatten(1).square().sum(1)
