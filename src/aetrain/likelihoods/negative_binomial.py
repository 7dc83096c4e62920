"""The negative binomial likelihood: counts that vary more than Poisson's."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.independent_negative_binomial import IndependentNegativeBinomial
from aetrain.families import Family, soft_bound
from aetrain.likelihoods.positive import Choice, Positive, split, stacked
from aetrain.values import COUNTS

LOG_MEAN_BOUND = 15.0


@final
class NegativeBinomial(Family):
    """Independent counts with mean μ and variance μ + α μ²; with θ = 1/α,

    log p(x|z) = Σ log[Γ(x + θ) / (Γ(θ) x!)] + θ log[θ/(θ + μ)] + x log[μ/(θ + μ)].
    log μ is the raw output, bounded softly to ±15. α → 0 is the Poisson likelihood.

    Arguments:
        event: shape of one event.
        dispersion: a positive number, the same fixed α for all values; `shared`, one learned α;
            `per_dimension`, one learned α for each value, as of genes; `decoder`, α computed by
            the network.

    Raises:
        UserError: where a fixed dispersion is not positive, or a word is not known.

    References:
        Lopez, Regier, Cole, Jordan, Yosef: Deep generative modeling for single-cell
        transcriptomics. 2018. https://doi.org/10.1038/s41592-018-0229-2
    """

    support = COUNTS

    def __init__(self, event: Sequence[int], *, dispersion: Choice = "per_dimension") -> None:
        super().__init__(event)
        self.dispersion = Positive(self.event, dispersion, "dispersion", noun="dispersion")

    @property
    def parameter_shape(self) -> torch.Size:
        """The raw log mean; for dispersion=decoder that and a raw dispersion, (2, *event)."""
        return stacked(self.event, self.dispersion)

    def forward(self, raw: Tensor) -> IndependentNegativeBinomial:
        """Return p(x|z) from raw parameters (..., *parameter_shape)."""
        parts = split(raw, self.event, self.dispersion)
        mean = soft_bound(next(parts), LOG_MEAN_BOUND).exp()
        return IndependentNegativeBinomial(mean, self.dispersion(parts), len(self.event))
