"""Products with an element of torch's, against that."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import (
    Distribution,
    Independent,
    Laplace,
    NegativeBinomial,
    Poisson,
    StudentT,
)

from aetrain.distributions.diagonal_laplace import DiagonalLaplace
from aetrain.distributions.independent_negative_binomial import IndependentNegativeBinomial
from aetrain.distributions.independent_poisson import IndependentPoisson
from aetrain.distributions.independent_student_t import IndependentStudentT

Make = Callable[[Tensor, Tensor], Distribution]

PAIRS: dict[str, tuple[Make, Make]] = {
    "laplace": (lambda a, b: DiagonalLaplace(a, b.log(), 2), Laplace),
    "student_t": (
        lambda a, b: IndependentStudentT(b + 2, a, b, 2),
        lambda a, b: StudentT(b + 2, a, b),
    ),
    "poisson": (lambda a, _: IndependentPoisson(a, 2), lambda a, _: Poisson(a.exp())),
    "negative_binomial": (
        lambda a, b: IndependentNegativeBinomial(a.exp(), b, 2),
        lambda a, b: NegativeBinomial(1 / b, logits=a + b.log()),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_it_is_torchs_distribution(name: str) -> None:
    torch.manual_seed(0)
    a, b = torch.randn(4, 5, 2, 3).double(), torch.rand(4, 5, 2, 3).double() + 0.1
    own, theirs = PAIRS[name]
    p, q = own(a, b), Independent(theirs(a, b), 2)
    x = torch.poisson(3 * torch.rand(7, 1, 5, 2, 3).double())
    torch.testing.assert_close(p.log_prob(x), q.log_prob(x))
    torch.testing.assert_close(p.mean, q.mean)
    torch.testing.assert_close(p.variance, q.variance)
    assert p.batch_shape == (4, 5)
    assert p.event_shape == (2, 3)
    assert p.sample((6,)).shape == (6, 4, 5, 2, 3)
