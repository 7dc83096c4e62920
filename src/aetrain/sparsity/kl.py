"""Sigmoid units that are active now and then."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import OfMean, Terms
from aetrain.sparsity.sparsity import Sparsity


@final
class KL(Sparsity):
    """h = sigmoid(raw), and `sparsity` = Σⱼ KL(ρ ‖ ρ̂ⱼ), ρ̂ⱼ unit j's mean over the batch, ().

    KL(ρ ‖ ρ̂) = ρ ln(ρ/ρ̂) + (1 − ρ) ln((1 − ρ)/(1 − ρ̂)), in nats. The batch is the whole one, over
    all processes. A unit counts as active above ½.

    Arguments:
        event: shape of one code.
        rho: ρ, the mean activation that is wanted, between 0 and 1.

    Raises:
        UserError: where rho is not between 0 and 1.

    References:
        Ng: Sparse autoencoder. CS294A lecture notes, 2011.
        https://web.stanford.edu/class/cs294a/sparseAutoencoder.pdf
    """

    elementwise = "sigmoid"

    def __init__(self, event: Sequence[int], *, rho: float = 0.05) -> None:
        super().__init__()
        del event
        if not 0 < rho < 1:
            raise UserError(f"sparsity.rho={rho}: must be above 0 and below 1, such as 0.05")
        self.rho = rho

    def forward(self, raw: Tensor) -> Tensor:
        """Return sigmoid(raw)."""
        return raw.sigmoid()

    def active(self, code: Tensor) -> Tensor:
        """Return which units are above ½."""
        return code > 0.5

    def terms(self, x: Tensor, inference: Inference) -> Terms:
        """Return the cost of the batch's mean activations."""
        return {"sparsity": OfMean(inference.z[0].flatten(1), self.divergence)}

    def divergence(self, mean: Tensor) -> Tensor:
        """Return Σ KL(ρ ‖ ρ̂), (), for mean activations ρ̂ (D,)."""
        tiny = torch.finfo(mean.dtype).eps
        mean = tiny + (1 - 2 * tiny) * mean  # a unit that is shut for all examples costs much
        rho, rest = self.rho, 1 - self.rho
        constant = rho * math.log(rho) + rest * math.log(rest)
        return (constant - rho * mean.log() - rest * torch.log1p(-mean)).sum()
