"""The implicit posterior where its map is linear, so that it is a Gaussian."""

import math

import pytest
import torch
from torch import nn

from aetrain.errors import UserError
from aetrain.posteriors.implicit import Implicit


def test_a_linear_map_makes_a_gaussian() -> None:
    torch.manual_seed(0)
    made = Implicit((2,), noise=3, features=4, hidden=()).double()
    (layer,) = made.g.layers
    assert isinstance(layer, nn.Linear)
    h, n = torch.randn(2, 4).double(), 40_000
    q = made(h)
    of_h, of_noise = layer.weight.split([4, 3], 1)
    mean = h @ of_h.T + layer.bias
    torch.testing.assert_close(q.mean, mean)  # of pairs η and −η exactly
    covariance = of_noise @ made.fixed.T.cov(correction=0) @ of_noise.T
    torch.testing.assert_close(q.variance, covariance.diagonal().expand(2, 2))
    with torch.no_grad():
        z = q.sample((n,))
        assert z.shape == (n, 2, 2)
        for example in range(2):
            found, expected = z[:, example].T.cov(), of_noise @ of_noise.T
            assert ((found - expected).abs() < 6 * expected.abs().max() / math.sqrt(n)).all()
            error = expected.diagonal().sqrt() / math.sqrt(n)
            assert ((z[:, example].mean(0) - mean[example]).abs() < 4.5 * error).all()


def test_its_mean_is_the_same_whenever_it_is_asked_for() -> None:
    made, h = Implicit((2,)), torch.randn(3, 64)
    assert torch.equal(made(h).mean, made(h).mean)
    assert not torch.equal(made(h).sample(), made(h).sample())


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match=r"posterior\.noise=0: must be at least 1"):
        Implicit((2,), noise=0)
    with pytest.raises(UserError, match=r"has no density that is known.*: use objective="):
        Implicit((2,))(torch.zeros(1, 64)).log_prob(torch.zeros(1, 2))
