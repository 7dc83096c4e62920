"""Independent values of Student's t distribution around 0."""

import math
from typing import Any, final

from torch import Tensor
from torch.distributions import StudentT

from aetrain.distributions.independent_student_t import standard_t
from aetrain.distributions.product import Product


@final
class CentredStudentT(Product):
    """log p(z) = Σ log c − ½ (ν + 1) log(1 + z²/νs²), c = Γ((ν + 1)/2) / (Γ(ν/2) s √(πν)).

    Arguments:
        zero: zeros, (*batch, *event), which give shape, type and device.
        df: degrees of freedom ν, above 0.
        scale: s, above 0; the standard deviation is s √(ν/(ν − 2)), infinite up to ν = 2.
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, zero: Tensor, df: float, scale: float, event_dims: int = 1) -> None:
        self.zero, self.df, self.scale = zero, df, scale
        super().__init__(zero.shape, event_dims)

    @property
    def base_dist(self) -> StudentT:
        """The distribution of one value."""
        return StudentT(self.zero + self.df, self.zero, self.zero + self.scale, validate_args=False)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return s t, (*sample_shape, *batch, *event)."""
        return self.scale * standard_t(self.zero + self.df, sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density, of the batch's shape."""
        df = self.df
        constant = math.lgamma((df + 1) / 2) - math.lgamma(df / 2)
        constant -= math.log(self.scale) + 0.5 * math.log(math.pi * df)
        bends = (value * (1 / (math.sqrt(df) * self.scale))).square().log1p()
        return -0.5 * (df + 1) * self.total(bends) + constant * math.prod(self.event_shape)
