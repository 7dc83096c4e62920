"""The zero-inflated negative binomial likelihood."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.independent_negative_binomial import IndependentNegativeBinomial
from aetrain.distributions.zero_inflated import ZeroInflated
from aetrain.families import Family, soft_bound
from aetrain.likelihoods.positive import Choice, Positive, split, stacked
from aetrain.values import COUNTS

LOG_MEAN_BOUND = 15.0
GATE_BOUND = 20.0


@final
class ZeroInflatedNegativeBinomial(Family):
    """Independent counts: log p(x|z) = Σ log[π 1(x = 0) + (1 − π) NB(x; μ, α)].

    NB is `negative_binomial`'s mass, with mean μ and variance μ + α μ²; π is the probability of a
    zero that is no count. log μ is bounded softly to ±15, the logit of π to ±20.

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
        """Raw log mean, logit of π, and for dispersion=decoder a raw dispersion, (n, *event)."""
        return stacked(self.event, self.dispersion, others=2)

    def forward(self, raw: Tensor) -> ZeroInflated:
        """Return p(x|z) from raw parameters (..., *parameter_shape)."""
        parts = split(raw, self.event, self.dispersion, others=2)
        mean = soft_bound(next(parts), LOG_MEAN_BOUND).exp()
        gate = soft_bound(next(parts), GATE_BOUND)
        counts = IndependentNegativeBinomial(mean, self.dispersion(parts), 0)
        return ZeroInflated(counts, gate, len(self.event))
