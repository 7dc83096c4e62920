"""Distances of codes from N(0, I) against closed forms."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, kl_divergence

from aetrain.evaluation.limits.spread import (
    centring_and_spread,
    kl_to_standard,
    log_determinant,
    log_scale,
    moments,
)

G = torch.Generator().manual_seed(0)


def normal(n: int, d: int) -> torch.Tensor:
    return torch.randn(n, d, generator=G, dtype=torch.float64)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_divergence_is_torchs(d: int):
    root = normal(d, d)
    mean, covariance = normal(1, d)[0], root @ root.T + 0.1 * torch.eye(d, dtype=torch.float64)
    zero, one = torch.zeros(d, dtype=torch.float64), torch.eye(d, dtype=torch.float64)
    wanted = kl_divergence(MultivariateNormal(mean, covariance), MultivariateNormal(zero, one))
    torch.testing.assert_close(kl_to_standard(mean, covariance), wanted)
    torch.testing.assert_close(log_determinant(covariance), covariance.logdet())


def test_a_singular_covariance_is_infinitely_far():
    z = normal(50, 2) @ torch.ones(2, 3, dtype=torch.float64)
    mean, covariance = moments(z)
    assert kl_to_standard(mean, covariance) == math.inf


def test_log_scale_of_known_deviations():
    one = torch.eye(4, dtype=torch.float64)
    assert log_scale(one) == 0
    torch.testing.assert_close(log_scale(9 * one).item(), math.log(3))
    mixed = torch.tensor([math.e**2, math.e**-2], dtype=torch.float64).diag()
    turn = torch.linalg.qr(normal(2, 2)).Q
    torch.testing.assert_close(log_scale(turn @ mixed @ turn.T).item(), 1.0)


def test_codes_of_known_gaussians():
    """Figures lie within their errors of what the Gaussian that codes are drawn from has."""
    scale = torch.tensor([2.0, 0.5], dtype=torch.float64)
    mean = torch.tensor([3.0, 4.0], dtype=torch.float64)
    z = mean + scale * normal(4000, 2)
    found = centring_and_spread(z, normal(4000, 2), seed=0)
    wanted = {
        "centre": 5.0,
        "log_scale": math.log(2),
        "gaussian_kl": kl_to_standard(mean, scale.square().diag()).item(),
    }
    for name, value in wanted.items():
        assert abs(found[name].value - value) < 4 * found[name].error, name
    assert found["mmd"].value > 20 * found["mmd"].error
    # |mean| has the error of the mean along its own direction
    assert found["centre"].error == pytest.approx(
        (((mean / 5) * scale).square().sum() / 4000).sqrt().item(), rel=0.3
    )


def test_codes_of_the_prior_itself():
    found = centring_and_spread(normal(2000, 3), normal(2000, 3), seed=0)
    assert found["centre"].value < 0.1
    assert found["log_scale"].value < 0.05
    assert found["gaussian_kl"].value < 0.01
    assert abs(found["mmd"].value) < 4 * found["mmd"].error
