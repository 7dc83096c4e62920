"""Units that are shut unless they are worth their activation."""

from collections.abc import Sequence
from typing import final

from torch import Tensor

from aetrain.networks.activation import activation_named
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.sparsity.sparsity import Sparsity


@final
class L1(Sparsity):
    """h = relu(raw), and `sparsity` = Σⱼ |hⱼ|, (B,); a unit is active where it is not 0.

    A rectified unit that is not worth its cost is exactly 0; with another activation it is only
    small, and counts as active.

    Arguments:
        event: shape of one code.
        activation: name of the activation, see `aetrain.networks.activation`.

    Raises:
        UserError: where the activation is not known.

    References:
        Ranzato, Boureau, LeCun: Sparse feature learning for deep belief networks. 2007.
        https://papers.nips.cc/paper/by-source-2007-1118
    """

    def __init__(self, event: Sequence[int], *, activation: str = "relu") -> None:
        super().__init__()
        del event
        self.code = activation_named(activation, "sparsity.activation")()
        self.elementwise = activation

    def forward(self, raw: Tensor) -> Tensor:
        """Return the activations."""
        return self.code(raw)

    def active(self, code: Tensor) -> Tensor:
        """Return which units are not 0."""
        return code != 0

    def terms(self, x: Tensor, inference: Inference) -> Terms:
        """Return the sum of the code's absolute values."""
        return {"sparsity": inference.z[0].flatten(1).abs().sum(1)}
