"""A distribution that is a list of points."""

from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution


@final
class Empirical(Distribution):
    """1/n Σᵢ δ(z − zᵢ): each draw is one of n points.

    Arguments:
        points: (M, D), of which the first n count.
        count: n, ().
    """

    arg_constraints = {}  # pyright: ignore

    def __init__(self, points: Tensor, count: Tensor) -> None:
        self.points, self.count = points, count
        super().__init__(torch.Size(), points.shape[1:], validate_args=False)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, D), with replacement."""
        places = torch.rand(torch.Size(sample_shape), device=self.points.device) * self.count
        # float32 may round up to n
        return self.points[places.long().minimum(self.count - 1)]
