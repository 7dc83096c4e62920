"""The beta likelihood."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.independent_beta import IndependentBeta
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound
from aetrain.values import UNIT

LOG_BOUND = 8.0


@final
class Beta(Family):
    """Independent values on [0, 1]: log p(x|z) = Σ (α−1) log y + (β−1) log(1−y) − log B(α, β) + c.

    At 0 and 1 a beta density is 0 or infinite. Values are therefore squeezed first, to
    y = ε + (1 − 2ε) x, with c = log(1 − 2ε) for the change of units. What the beta distribution
    puts beyond ε and 1 − ε is lost, so the density integrates to slightly less than 1: it is never
    too good. Draws beyond 0 and 1 are put there. log α and log β are bounded softly to ±8.

    Arguments:
        event: shape of one event.
        squeeze: ε, above 0 and below ½; 1/512 is half a grey level of 8-bit data.

    Raises:
        UserError: where the squeeze is out of its range.

    References:
        Smithson, Verkuilen: A better lemon squeezer? Maximum-likelihood regression with
        beta-distributed dependent variables. 2006. https://doi.org/10.1037/1082-989X.11.1.54
    """

    support = UNIT

    def __init__(self, event: Sequence[int], *, squeeze: float = 1 / 512) -> None:
        super().__init__(event)
        if not 0 < squeeze < 0.5:
            raise UserError(
                f"likelihood.squeeze={squeeze}: must be above 0 and below 0.5, such as 0.002"
            )
        self.squeeze = squeeze

    @property
    def parameter_shape(self) -> torch.Size:
        """Raw α and β, (2, *event)."""
        return torch.Size((2, *self.event))

    def forward(self, raw: Tensor) -> IndependentBeta:
        """Return p(x|z) from raw parameters (..., 2, *event)."""
        dims = len(self.event)
        alpha, beta = soft_bound(full_precision(raw), LOG_BOUND).exp().unbind(-dims - 1)
        return IndependentBeta(alpha, beta, self.squeeze, dims)
