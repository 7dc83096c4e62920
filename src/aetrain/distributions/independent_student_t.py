"""Independent values of Student's t."""

from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Gamma, StudentT

from aetrain.distributions.log_beta import log_beta
from aetrain.distributions.product import Product


def standard_t(df: Tensor, sample_shape: Any = ()) -> Tensor:
    """Return draws t = ε √(ν / 2γ) with ε ~ N(0, 1), γ ~ Gamma(ν/2, 1), (*sample_shape, *df.shape).

    torch's own moves a number to the device for its chi-squared, and waits for it.
    """
    half = 0.5 * df
    gamma = Gamma(half, torch.ones_like(half), validate_args=False)
    drawn = gamma.rsample(torch.Size(sample_shape))
    return torch.randn_like(drawn) * (half / drawn).sqrt()


@final
class IndependentStudentT(Product):
    """Π Student's t with ν degrees of freedom, location μ and scale s.

    log p(x) = Σ −½(ν + 1) log(1 + ((x − μ)/s)²/ν) − log s − ½ log ν − log B(ν/2, ½).

    Arguments:
        df: ν, (*batch, *event) or a shape that broadcasts to it.
        loc: μ, (*batch, *event).
        scale: s, like ν.
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, df: Tensor, loc: Tensor, scale: Tensor, event_dims: int) -> None:
        self.df, self.loc, self.scale = df, loc, scale
        super().__init__(loc.shape, event_dims)

    @property
    def base_dist(self) -> StudentT:
        """Student's t of one value."""
        return StudentT(self.df, self.loc, self.scale, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """μ: the mean where ν > 1, and the median for every ν."""
        return self.loc

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return μ + s t, (*sample_shape, *batch, *event)."""
        return self.loc + self.scale * standard_t(self.df.expand(self.loc.shape), sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(x), of the batch's shape."""
        df = self.df
        constant = log_beta(0.5 * df, df.new_full((), 0.5)) + 0.5 * df.log() + self.scale.log()
        square = ((value - self.loc) / self.scale).square()
        return -self.total(0.5 * (df + 1) * (square / df).log1p() + constant)
