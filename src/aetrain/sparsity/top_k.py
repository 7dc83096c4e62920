"""The largest few units of each code."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.sparsity.sparsity import Sparsity


@final
class TopK(Sparsity):
    """h = raw where it is among the k largest of a code, else 0; there is no further term.

    The largest, not the largest in size; ties go to one of them, so there are never more than k.
    After training a code may keep more, α k of them, as the paper does. A unit is active where it
    is not 0.

    Arguments:
        event: shape of one code.
        k: how many are kept while training.
        alpha: α, at least 1: round(α k) are kept in evaluation and use.

    Raises:
        UserError: where k or α k are below 1 or above the size of a code, or α is below 1.

    References:
        Makhzani, Frey: k-sparse autoencoders. 2014. https://arxiv.org/abs/1312.5663
    """

    def __init__(self, event: Sequence[int], *, k: int = 25, alpha: float = 1.0) -> None:
        super().__init__()
        size = math.prod(event)
        if not 1 <= k <= size:
            raise UserError(
                f"sparsity.k={k}: must be at least 1 and at most {size}, the size of a code"
                " (latent)"
            )
        if not alpha >= 1:
            raise UserError(f"sparsity.alpha={alpha}: must be at least 1, such as 1.5")
        self.k, self.dimensions = k, len(event)
        if not alpha * k < size + 0.5:
            raise UserError(
                f"sparsity.alpha={alpha}: of k={k} makes {alpha * k:g} units: must be at most"
                f" {size}, the size of a code (latent)"
            )
        self.k_in_use = round(alpha * k)

    def forward(self, raw: Tensor) -> Tensor:
        """Return the code with its largest values."""
        flat = raw.flatten(-self.dimensions)
        kept = flat.topk(self.k if self.training else self.k_in_use, dim=-1, sorted=False)
        code = torch.zeros_like(flat).scatter(-1, kept.indices, kept.values)
        return code.view_as(raw)

    def active(self, code: Tensor) -> Tensor:
        """Return which units are not 0."""
        return code != 0

    def terms(self, x: Tensor, inference: Inference) -> Terms:
        """Return none: the code is sparse as it is."""
        return {}
