"""Student's t as a likelihood: it forgives values that are far off."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.independent_student_t import IndependentStudentT
from aetrain.families import Examples, Family, full_precision
from aetrain.likelihoods.positive import Choice, Positive, split, stacked

EXAMPLES = 1000
LEAST_DF = 1.0


@final
class StudentT(Family):
    """Independent values of Student's t with ν degrees of freedom, location μ, scale s.

    log p(x|z) = Σ log Γ((ν+1)/2) − log Γ(ν/2) − ½ log πν − log s − (ν+1)/2 log(1 + ((x−μ)/s)²/ν).
    A learned or computed ν stays above 1, so that there is a mean, and begins at 2; a learned s
    begins at the mean absolute deviation of the training data.

    Arguments:
        event: shape of one event.
        scale: a positive number, the same fixed s for all values; `shared`, one learned s;
            `per_dimension`, one learned s for each value; `decoder`, s computed by the network.
        df: ν, chosen like the scale. The variance is finite above 2.
        minimum: lower bound on an s that is not fixed, in units of the data.

    Raises:
        UserError: where a fixed number is not positive, a word is not known, or the minimum is
            negative.

    References:
        Lange, Little, Taylor: Robust statistical modeling using the t distribution. 1989.
        https://doi.org/10.1080/01621459.1989.10478852
        Takahashi, Iwata, Yamanaka, Yamada, Yagi: Student-t variational autoencoder for robust
        density estimation. 2018. https://doi.org/10.24963/ijcai.2018/374
    """

    def __init__(
        self,
        event: Sequence[int],
        *,
        scale: Choice = "shared",
        df: Choice = "shared",
        minimum: float = 1 / 255,
    ) -> None:
        super().__init__(event)
        self.scale = Positive(self.event, scale, "scale", minimum=minimum)
        self.df = Positive(self.event, df, "df", minimum=LEAST_DF, noun="df")

    @property
    def parameter_shape(self) -> torch.Size:
        """The location, then raw scale and raw ν where the network computes them."""
        return stacked(self.event, self.scale, self.df)

    def forward(self, raw: Tensor) -> IndependentStudentT:
        """Return p(x|z) from raw parameters (..., *parameter_shape)."""
        parts = split(raw, self.event, self.scale, self.df)
        loc, scale, df = next(parts), self.scale(parts), self.df(parts)
        return IndependentStudentT(df, loc, scale, len(self.event))

    def prepare(self, examples: Examples) -> None:
        """Begin a learned s at the mean absolute deviation of the data."""
        self.scale.begin(full_precision(examples(EXAMPLES)), 1)
