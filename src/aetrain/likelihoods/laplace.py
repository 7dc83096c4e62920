"""The Laplace likelihood: absolute error, with its constants."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.diagonal_laplace import DiagonalLaplace
from aetrain.families import Examples, Family, full_precision
from aetrain.likelihoods.positive import Choice, Positive, split, stacked

EXAMPLES = 1000


@final
class Laplace(Family):
    """Independent Laplace values: log p(x|z) = −Σ [|x − μ| / b + log 2b].

    A learned b begins at the mean absolute deviation of the training data.

    Arguments:
        event: shape of one event.
        scale: a positive number, the same fixed b for all values; `shared`, one learned b;
            `per_dimension`, one learned b for each value; `decoder`, b computed by the network.
        minimum: lower bound on a b that is not fixed, in units of the data.

    Raises:
        UserError: where a fixed scale is not positive, a word is not known, or the minimum is
            negative.

    References:
        Kotz, Kozubowski, Podgórski: The Laplace distribution and generalizations. 2001.
        https://doi.org/10.1007/978-1-4612-0173-1
    """

    def __init__(
        self, event: Sequence[int], *, scale: Choice = "shared", minimum: float = 1 / 255
    ) -> None:
        super().__init__(event)
        self.scale = Positive(self.event, scale, "scale", minimum=minimum)

    @property
    def parameter_shape(self) -> torch.Size:
        """The location; for scale=decoder the location and a raw scale, (2, *event)."""
        return stacked(self.event, self.scale)

    def forward(self, raw: Tensor) -> DiagonalLaplace:
        """Return p(x|z) from locations (..., *event), or those and raw scales (..., 2, *event)."""
        parts = split(raw, self.event, self.scale)
        loc, scale = next(parts), self.scale(parts)
        return DiagonalLaplace(loc, scale.log(), len(self.event), scale)

    def prepare(self, examples: Examples) -> None:
        """Begin a learned b at the mean absolute deviation of the data."""
        self.scale.begin(full_precision(examples(EXAMPLES)), 1)
