"""Classes as unit vectors, against torch's own."""

import torch
from torch.distributions import OneHotCategorical

from aetrain.distributions.unit_vectors import UnitVectors

LOGITS = torch.tensor([[0.3, -1.0, 2.0], [0.0, 0.0, 0.0]], dtype=torch.float64)


def test_density_and_moments_are_those_of_torch() -> None:
    own, other = UnitVectors(LOGITS), OneHotCategorical(logits=LOGITS)
    z = torch.eye(3, dtype=torch.float64).unsqueeze(1)
    torch.testing.assert_close(own.log_prob(z), other.log_prob(z.expand(3, 2, 3)))
    torch.testing.assert_close(own.mean, other.mean)
    torch.testing.assert_close(own.variance, other.variance)
    assert (own.batch_shape, own.event_shape) == (other.batch_shape, other.event_shape)


def test_draws_are_unit_vectors_as_often_as_they_are_probable() -> None:
    torch.manual_seed(0)
    own, n = UnitVectors(LOGITS), 20_000
    z = own.sample((n,))
    assert z.shape == (n, 2, 3)
    assert torch.equal(z.sum(-1), torch.ones(n, 2, dtype=torch.float64))
    error = (own.variance / n).sqrt()
    assert ((z.mean(0) - own.mean).abs() < 4 * error).all()
