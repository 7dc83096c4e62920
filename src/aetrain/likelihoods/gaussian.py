"""The Gaussian likelihood with its choices of scale."""

from collections.abc import Sequence
from typing import Literal, final

import torch
from torch import Tensor

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.optimal_normal import OptimalNormal
from aetrain.families import Examples, Family, full_precision
from aetrain.likelihoods.batch_variance import BatchVariance
from aetrain.likelihoods.positive import Positive, split, stacked

EXAMPLES = 1000


@final
class Gaussian(Family):
    """Independent normal values: log p(x|z) = −½ Σ [((x − μ)/σ)² + log 2πσ²], constants kept.

    A learned σ begins at the spread of the training data. With `optimal`, σ² is in training the
    mean squared error of the batch, its best value, and in evaluation an exponential average of
    that over the training steps. It is a constant in the gradient: as the best value it has none
    in the mean over the batch, to which Rybkin et al.'s formula comes down, so nothing is lost.

    Arguments:
        event: shape of one event.
        sigma: a positive number, the same fixed σ for all values (1 gives squared error);
            `shared`, one learned σ; `per_dimension`, one learned σ for each value; `decoder`, σ
            computed by the network from z; `optimal`, one σ computed from the errors.
        minimum: lower bound on a σ that is not fixed, in units of the data, against the density
            without bound on constant values; 1/255 is one grey level of 8-bit data scaled to
            [0, 1].

    Raises:
        UserError: where a fixed sigma is not positive, a word is not known, or the minimum is
            negative.

    References:
        Kingma, Welling: Auto-encoding variational Bayes, appendix C.2. 2014.
        https://arxiv.org/abs/1312.6114
        Rybkin, Daniilidis, Levine: Simple and effective VAE training with calibrated decoders.
        2021. https://arxiv.org/abs/2006.13202
    """

    def __init__(
        self,
        event: Sequence[int],
        *,
        sigma: float | Literal["shared", "per_dimension", "decoder", "optimal"] = 1.0,
        minimum: float = 1 / 255,
    ) -> None:
        super().__init__(event)
        # an optimal σ is kept where a fixed one would be
        given = 1.0 if sigma == "optimal" else sigma
        self.sigma = Positive(self.event, given, "sigma", minimum=minimum, more=["optimal"])
        self.optimal = BatchVariance(minimum) if sigma == "optimal" else None

    @property
    def parameter_shape(self) -> torch.Size:
        """The mean; for sigma=decoder the mean and a raw scale, (2, *event)."""
        return stacked(self.event, self.sigma)

    def forward(self, raw: Tensor) -> DiagonalNormal | OptimalNormal:
        """Return p(x|z) from means (..., *event), or means and raw scales (..., 2, *event)."""
        parts = split(raw, self.event, self.sigma)
        loc = next(parts)
        if self.optimal is not None and self.training:
            return OptimalNormal(loc, self.optimal.scale, self.optimal, len(self.event))
        scale = self.sigma(parts) if self.optimal is None else self.optimal.scale
        return DiagonalNormal(loc, scale.log(), len(self.event), scale)

    def prepare(self, examples: Examples) -> None:
        """Begin a σ that is not fixed at the standard deviation of the data."""
        x = full_precision(examples(EXAMPLES))
        self.sigma.begin(x, 2)
        if self.optimal is not None:
            self.optimal.begin(x)
